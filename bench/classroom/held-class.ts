import { once } from 'node:events';
import { type IncomingHttpHeaders, request } from 'node:http';
import type { Control, ControlAnswer, SessionState } from '../../clients/classroom/protocol.ts';
import { Classroom, type ClassroomOptions } from './classroom.ts';
import { HeadlessPage } from './headless.ts';

/** A class that is held without people, for tests: on any free ports, its pages without a browser. */
export class HeldClass {
  readonly classroom: Classroom;
  readonly #pages: HeadlessPage[] = [];

  private constructor(classroom: Classroom) {
    this.classroom = classroom;
  }

  static async open(options: ClassroomOptions = {}): Promise<HeldClass> {
    return new HeldClass(await Classroom.open(options));
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
  async control(control: Control): Promise<ControlAnswer> {
    const headers = { authorization: `Bearer ${this.token}` };
    const { text } = await ask(`${this.origin}/control`, {
      method: 'POST',
      headers,
      body: JSON.stringify(control),
    });
    return JSON.parse(text);
  }

  /** Asks to come in, and returns the answer. */
  async join(
    code: string,
    name: unknown,
    headers: Record<string, string> = {},
  ): Promise<{ status: number; token?: string; error?: string }> {
    const { status, text } = await ask(`${this.origin}/join`, {
      method: 'POST',
      headers,
      body: JSON.stringify({ code, name }),
    });
    return { status, ...JSON.parse(text) };
  }

  /** The page of whoever bears this token, with a clock and without a client as yet. */
  async page(token: string): Promise<HeadlessPage> {
    const page = await HeadlessPage.open(this.origin, token);
    this.#pages.push(page);
    await page.readClock();
    return page;
  }

  /** The projector's page. */
  projector(): Promise<HeadlessPage> {
    return this.page(this.token);
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

  /** Lets everybody go, and the class with them. */
  async close(): Promise<void> {
    await Promise.all(this.#pages.map((page) => page.close()));
    await this.classroom.close();
  }
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
