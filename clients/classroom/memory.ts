/**
 * What a page remembers. A browser that blocks cookies refuses storage by throwing an error as soon as it is
 * touched; such a page remembers until it is closed or loaded again.
 */
export type Memory = {
  get(key: string): string | null;
  set(key: string, value: string): void;
  remove(key: string): void;
};

/** Lasts as long as its tab, over reloads. */
export const ofTab = memoryOf(() => sessionStorage);

/** Lasts, and all tabs of this browser share it. */
export const ofBrowser = memoryOf(() => localStorage);

/** A memory over a storage that may be refused. */
export function memoryOf(storage: () => Storage): Memory {
  const own = new Map<string, string>();
  const trying = <T>(use: (storage: Storage) => T): T | undefined => {
    try {
      return use(storage());
    } catch {
      return undefined;
    }
  };
  return {
    get: (key) => own.get(key) ?? trying((stored) => stored.getItem(key)) ?? null,
    set(key, value) {
      // Only what the storage refuses is kept here, or this page would not see what another tab stores later.
      own.set(key, value);
      trying((stored) => {
        stored.setItem(key, value);
        own.delete(key);
      });
    },
    remove(key) {
      own.delete(key);
      trying((stored) => stored.removeItem(key));
    },
  };
}
