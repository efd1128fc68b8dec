/** Why a server can't listen. Errors of other kinds keep their own words. */
export function listenProblem(error: Error): string {
  const { code, syscall, port, address, message } = error as NodeJS.ErrnoException & {
    port?: number;
    address?: string;
  };
  const problems: Record<string, string> = {
    EADDRINUSE: `port ${port} is in use (${code}): choose another with --port`,
    EACCES: `port ${port} needs administrator rights (${code}): choose a port above 1023 with --port`,
    EADDRNOTAVAIL: `this machine does not have the address ${address} (${code}): check that the network and the loopback interface are up`,
  };
  return (syscall === 'listen' && problems[code ?? '']) || message;
}

/** Why a file or folder can't be written. `remedy` says what to do. */
export function writeProblem(path: string, { message }: Error, remedy: string): string {
  return `cannot write to ${path}: ${message}; ${remedy}`;
}
