import { unpacked } from './interaction/unpack.ts';

/**
 * Starts the page's script, which the page carries packed: its libraries would take a quarter of what a page
 * may weigh. The page's policy allows this one text to run and no other.
 */
void unpacked('program').then((text) => {
  const script = document.createElement('script');
  script.textContent = text;
  document.head.append(script);
});
