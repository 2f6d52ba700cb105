/** What one event leads to, while it is being thought through: effects to ask for, and news for people. Nothing leaves before the end. */
import type { Endpoint } from '../../effects/endpoint.ts';
import type { NetCommand } from '../../effects/net-actor.ts';
import type { PwnatMessage } from './messages.ts';

/** The labels of an end's own sockets. */
export const MAIN = 'main';
export const HOLE = 'hole';
export const DOOR = 'local';

export interface News {
  readonly what: 'called' | 'carried' | 'denied' | 'refused' | 'unanswered';
  readonly from: Endpoint;
}

export class Turn {
  readonly commands: NetCommand<PwnatMessage>[] = [];
  readonly news: News[] = [];
  readonly now: number;

  constructor(now: number) {
    this.now = now;
  }

  ask(command: NetCommand<PwnatMessage>): void {
    this.commands.push(command);
  }

  send(to: Endpoint, message: PwnatMessage): void {
    this.commands.push({ type: 'udp.send', socket: MAIN, to, message });
  }

  tell(news: News): void {
    this.news.push(news);
  }
}
