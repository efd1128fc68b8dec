import { foldTables } from './interaction/tables.ts';
import { unpacked } from './interaction/unpack.ts';

/**
 * Starts the page's script, which the page carries packed: its libraries would take a quarter of what a page
 * may weigh. The page's policy allows this one text to run and no other.
 *
 * What moves things in the page happens here and at once, so that an address with a `#` leads where it should.
 * A browser that can't unpack is left with the page as it is without a script, which says everything.
 */
if ('DecompressionStream' in window) {
  document.documentElement.dataset.scripted = '';
  foldTables();
  void unpacked('program').then((text) => {
    const script = document.createElement('script');
    script.textContent = text;
    document.head.append(script);
  });
}
