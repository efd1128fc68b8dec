/**
 * What a text for people tells them to type or to look at, so that a test can try it.
 */
export type Commands = {
  /** Commands, each once, in order: from code blocks of a shell, and from code in running text. */
  commands: string[];
  /** Files and folders that are named. */
  paths: string[];
  /** Links to places in the text itself or in other files. */
  links: string[];
};

/** Programs that a text may tell people to run. */
const programs = /^(npm|node|npx|curl|diff|git|ulimit|docker) /;

export function commandsOf(markdown: string): Commands {
  const blocks = [...markdown.matchAll(/```sh\n([\s\S]*?)```/g)].flatMap(([, lines]) =>
    (lines as string).split('\n'),
  );
  const prose = markdown.replaceAll(/```[\s\S]*?```/g, '');
  const inline = [...prose.matchAll(/`([^`\n]+)`/g)].map(([, code]) => code as string);
  const commands = [...blocks, ...inline]
    .map((line) => line.replace(/\s+#.*$/, '').trim())
    .flatMap((line) => line.split(' && '))
    .filter((line) => programs.test(line) || line === 'npm test');
  const paths = inline.filter((code) =>
    /^[\w.-]+(\/[\w.-]+)*(\/|\.(ts|tsx|js|md|json|yaml|html))$/.test(code),
  );
  const links = [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => target as string);
  return { commands: [...new Set(commands)], paths: [...new Set(paths)], links: [...new Set(links)] };
}

/** The anchors that a rendered text has: one for each heading. */
export function anchorsOf(markdown: string): Set<string> {
  const prose = markdown.replaceAll(/```[\s\S]*?```/g, '');
  return new Set(
    [...prose.matchAll(/^#+ (.+)$/gm)].map(([, heading]) =>
      (heading as string)
        .toLowerCase()
        .replaceAll(/[^\p{Letter}\p{Number} _-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  );
}
