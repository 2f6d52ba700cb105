/**
 * How much a lab file does. A few runs of each cell show that it works, which is what CI asks; as many as the project claims
 * are made with NATPUNCH_FULL set, and whenever figures are written down.
 */
export const WRITES_FIGURES = Boolean(process.env['NATPUNCH_WRITE_FIGURES']);
export const IS_FULL = WRITES_FIGURES || Boolean(process.env['NATPUNCH_FULL']);
