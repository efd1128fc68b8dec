import open from 'open';

/** Opens a page or a file in the browser. Without a browser it prints what to open by hand. */
export async function openPage(address: string): Promise<void> {
  try {
    await open(address);
  } catch (error) {
    const reason = (error as Error).message.replaceAll(/\s+/g, ' ').trim();
    console.error(`Can’t start a browser (${reason}). Open this address yourself: ${address}`);
  }
}
