import open from 'open';

/** Opens a page or a file in the browser. Where none can be started, a line says what to open by hand. */
export async function openPage(address: string): Promise<void> {
  try {
    await open(address);
  } catch (error) {
    const reason = (error as Error).message.replaceAll(/\s+/g, ' ').trim();
    console.error(`No browser could be started (${reason}). Open this yourself: ${address}`);
  }
}
