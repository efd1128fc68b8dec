import type { IncomingMessage } from 'node:http';
import { laneToken } from '../../clients/classroom/lane-token.ts';
import type { Gate } from '../../servers/guards/auth.ts';
import { BadInput } from '../../servers/log/message.ts';
import { isSame, newJoinCode, newToken } from './keys.ts';
import { type Member, Members } from './members.ts';

/** Who may enter where: the presenter with a token, members with what the join code got them, pages by their origin. */
export class Access {
  readonly presenterToken = newToken();
  readonly members = new Members(newJoinCode());
  /** The projector's page that may use the lanes, by the name that it gave itself; `undefined`: any with the token. */
  projectorPage: string | undefined;
  /** Whether pages of this origin are ours. */
  allowsOrigin: (origin: string) => boolean = () => false;

  /** Throws `BadInput` on a token that is not the presenter's. */
  readonly checkPresenter = (token: string | null): void => {
    if (!isSame(token ?? '', this.presenterToken))
      throw new BadInput(
        'wrong presenter token: open the complete address that "npm run classroom" printed',
        403,
      );
  };

  /** The gate of the projector's lanes: the presenter alone, with the page that took over last. */
  get laneGate(): Gate {
    return {
      allowsOrigin: (origin) => this.allowsOrigin(origin),
      admit: (token) => {
        const { projectorPage: page, presenterToken } = this;
        if (page === undefined) this.checkPresenter(token);
        else if (!isSame(token ?? '', laneToken(presenterToken, page)))
          throw new BadInput(
            'another projector page has taken over: reload this page to use its lanes again',
            403,
          );
      },
    };
  }

  /** The gate of the class's servers: members. */
  get classGate(): Gate {
    return this.members.gate((origin) => this.allowsOrigin(origin));
  }

  /** Throws `BadInput` on a page of another origin. */
  checkOrigin({ headers: { origin } }: IncomingMessage): void {
    if (origin !== undefined && !this.allowsOrigin(origin))
      throw new BadInput(`forbidden origin "${origin}": only pages of this classroom may connect`, 403);
  }

  /** Whose token this is; `undefined` for one that is not known, as after a restart of the classroom. */
  whoHas(token: string | null): Member | 'presenter' | undefined {
    return this.members.of(token) ?? (isSame(token ?? '', this.presenterToken) ? 'presenter' : undefined);
  }
}
