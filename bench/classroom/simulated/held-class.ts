import { once } from 'node:events';
import { type IncomingHttpHeaders, request } from 'node:http';
import type {
  Control,
  ControlAnswer,
  LaneFigures,
  OnScreen,
  SessionState,
} from '../../../clients/classroom/protocol.ts';
import { Classroom, type ClassroomOptions } from '../classroom.ts';
import { ofEveryLane } from '../counts.ts';
import { HeadlessMember, HeadlessPage } from './headless.ts';

/** A class that is held without people, for tests: on any free ports, its pages without a browser. */
export class HeldClass {
  readonly classroom: Classroom;
  readonly #pages: { close(): Promise<void> }[] = [];

  private constructor(classroom: Classroom) {
    this.classroom = classroom;
  }

  static async open(options: ClassroomOptions = {}): Promise<HeldClass> {
    return new HeldClass(await Classroom.open({ tickEveryMs: 100, ...options }));
  }

  get origin(): string {
    return `http://127.0.0.1:${this.classroom.front.port}`;
  }

  get token(): string {
    return this.classroom.front.access.presenterToken;
  }

  get code(): string {
    return this.classroom.front.access.members.code;
  }

  /** Sends a control with the presenter's token, and returns the answer. */
  async control(control: Control, figures?: OnScreen): Promise<ControlAnswer> {
    const headers = { authorization: `Bearer ${this.token}` };
    const { text } = await ask(`${this.origin}/control`, {
      method: 'POST',
      headers,
      body: JSON.stringify({ ...control, figures }),
    });
    return JSON.parse(text);
  }

  /** Asks to come in, and returns the answer. */
  async join(
    code: string,
    name: unknown,
    headers: Record<string, string> = {},
    token?: string,
  ): Promise<{ status: number; token?: string; error?: string }> {
    const { status, text } = await ask(`${this.origin}/join`, {
      method: 'POST',
      headers,
      body: JSON.stringify({ code, name, token }),
    });
    return { status, ...JSON.parse(text) };
  }

  /** A page with this token, without a client. */
  async page(token: string, name?: string): Promise<HeadlessPage> {
    const page = await HeadlessPage.open(this.origin, token, name);
    this.#pages.push(page);
    await page.answered();
    return page;
  }

  /** A member with everything that a phone's page does. */
  async phone(name = 'Ada', through?: (url: string) => string): Promise<HeadlessMember> {
    const phone = await HeadlessMember.join(this.origin, this.code, name, through);
    this.#pages.push({ close: () => phone.leave() });
    return phone;
  }

  /** The projector's page. */
  projector(name?: string): Promise<HeadlessPage> {
    return this.page(this.token, name);
  }

  /** A new member's page. Rejects with the reason when it is not let in. */
  async member(name = 'Ada'): Promise<HeadlessPage> {
    const { token, error } = await this.join(this.code, name);
    if (token === undefined) throw new Error(error);
    return this.page(token);
  }

  /** Publishes some more, and waits for a member with push: what it has handled, and all that it was owed. */
  async heardBy(member: HeadlessPage): Promise<{ handled: number[]; owed: number[] }> {
    await this.control({ action: 'pause' });
    await this.control({ action: 'burst', count: 3 });
    const { head } = this.classroom;
    await member.saw('push', (sight) => sight.kind === 'handled' && sight.seq === head);
    const sights = member.seen.get('push') ?? [];
    const [from = 0] = sights.flatMap((sight) => (sight.kind === 'subscribed' ? sight.seq : []));
    const handled = sights.flatMap((sight) => (sight.kind === 'handled' ? sight.seq : []));
    return { handled, owed: Array.from({ length: head - from }, (_, index) => from + 1 + index) };
  }

  /** Closes every page, and the class. */
  async close(): Promise<void> {
    await Promise.all(this.#pages.map((page) => page.close()));
    await this.classroom.close();
  }
}

/** Figures as a projector's page sends them along, the same for every lane. */
export function shownFigures(figures: Partial<LaneFigures> = {}): OnScreen {
  return ofEveryLane(() => ({
    messages: 0,
    p50Ms: null,
    p95Ms: null,
    maxMs: null,
    lastMs: null,
    requests: 0,
    empty: 0,
    bytes: 0,
    missed: 0,
    reconnects: 0,
    inboxMessages: 0,
    backlogBytes: 0,
    ...figures,
  }));
}

/** How things stand, once they stand as they should. */
export async function stateOf(
  page: HeadlessPage,
  isIt: (state: SessionState) => boolean = () => true,
): Promise<SessionState> {
  return (await page.sees('state', ({ state }) => isIt(state))).state;
}

/** Sends a request with just these headers, as no browser would let a page do. */
export async function ask(
  url: string,
  options: { method?: string; headers?: Record<string, string>; body?: string | Buffer } = {},
): Promise<{ status: number; headers: IncomingHttpHeaders; text: string }> {
  const { method = 'GET', headers = {}, body = '' } = options;
  const asked = request(url, { method, headers, agent: false });
  asked.end(body);
  const [response] = await once(asked, 'response');
  let text = '';
  for await (const piece of response.setEncoding('utf8')) text += piece;
  return { status: response.statusCode, headers: response.headers, text };
}
