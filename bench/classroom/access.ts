import type { IncomingMessage } from 'node:http';
import { laneToken } from '../../clients/classroom/lane-token.ts';
import type { Gate } from '../../servers/gate.ts';
import { BadInput } from '../../servers/message.ts';
import { isSame, newJoinCode, newToken } from './keys.ts';
import { type Member, Members } from './members.ts';

/** Who may come in where: the presenter by a token, members by what the join code got them, pages by their origin. */
export class Access {
  readonly presenterToken = newToken();
  readonly members = new Members(newJoinCode());
  /** The projector's page that may use the lanes, by the name that it gave itself; `undefined`: whoever has the token. */
  projectorPage: string | undefined;
  readonly #origins = new Set<string>();

  /** From now on pages of this origin are ours. */
  allowOrigin(origin: string): void {
    this.#origins.add(origin);
  }

  readonly allowsOrigin = (origin: string): boolean => this.#origins.has(origin);

  /** Throws `BadInput` on a token that is not the presenter's. */
  readonly checkPresenter = (token: string | null): void => {
    if (!isSame(token ?? '', this.presenterToken))
      throw new BadInput(
        'this takes the presenter’s token: open the address that the classroom printed',
        403,
      );
  };

  /** The gate of the projector's lanes: the presenter alone, with the page that took over last. */
  get laneGate(): Gate {
    return {
      allowsOrigin: this.allowsOrigin,
      admit: (token) => {
        const { projectorPage: page, presenterToken } = this;
        if (page === undefined) this.checkPresenter(token);
        else if (!isSame(token ?? '', laneToken(presenterToken, page)))
          throw new BadInput(
            'these lanes are for the projector’s page, and for the one that took over last',
            403,
          );
        return { publish() {} };
      },
    };
  }

  /** The gate of the class's servers: members. */
  get classGate(): Gate {
    return this.members.gate(this.allowsOrigin);
  }

  /** Who wants to take part in the session. Throws `BadInput` on a page of another origin and on an unknown token. */
  admit({ headers: { origin } }: IncomingMessage, token: string | null): Member | 'presenter' {
    if (origin !== undefined && !this.allowsOrigin(origin))
      throw new BadInput(`origin is "${origin}": pages from there may not take part`, 403);
    const member = this.members.of(token);
    if (member) return member;
    if (isSame(token ?? '', this.presenterToken)) return 'presenter';
    throw new BadInput('token is not known here: join with the code on the screen', 403);
  }
}
