/** Light, dark, or as the system says; remembered by the browser for this page alone. */

export type Theme = 'auto' | 'light' | 'dark';

const KEY = 'natpunch-theme';
const NEXT: Record<Theme, Theme> = { auto: 'light', light: 'dark', dark: 'auto' };

export function storedTheme(): Theme {
  const stored = read();
  return stored === 'light' || stored === 'dark' ? stored : 'auto';
}

export function applyTheme(theme: Theme): void {
  if (theme === 'auto') delete document.documentElement.dataset['theme'];
  else document.documentElement.dataset['theme'] = theme;
  try {
    localStorage.setItem(KEY, theme);
  } catch {
    // A browser that keeps nothing still shows it.
  }
}

export function nextTheme(theme: Theme): Theme {
  return NEXT[theme];
}

function read(): string | null {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}
