/** A value of one of pwnat's ends on the table: what a step makes of it, and what it asks for. */
import { formatEndpoint } from '../../effects/endpoint.ts';
import type { PwnatMessage } from '../../machines/pwnat/messages.ts';
import { Turn } from '../../machines/pwnat/turn.ts';

/** A value, the time, and what the last step asked for. */
export class Table<T> {
  value: T;
  now = 1_000;
  turn = new Turn(0);

  constructor(value: T) {
    this.value = value;
  }

  do(step: (value: T, turn: Turn) => T): readonly string[] {
    this.turn = new Turn(this.now);
    this.value = step(this.value, this.turn);
    return this.turn.commands.map((command) => {
      if (command.type === 'udp.send') return `${command.message.type} to ${formatEndpoint(command.to)}`;
      return command.type === 'icmp.send' ? `${command.message.type} to ${command.to}` : 'socket' in command ? `${command.type} ${command.socket}` : command.type;
    });
  }

  get said(): readonly PwnatMessage[] {
    return this.turn.commands.flatMap((command) => (command.type === 'udp.send' ? [command.message] : []));
  }
}
