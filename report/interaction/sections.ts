/** A section is the current one while it crosses a line a third of the way down the window. */
const line = '-33% 0px -67% 0px';

/** Shows the current section in the bar at the top, and closes the menu after a choice. */
export function followSections(): void {
  const menu = document.getElementById('sections');
  const named = document.getElementById('section-now');
  const links = [...(menu?.querySelectorAll('a') ?? [])];
  const linkTo = new Map(links.map((link) => [document.getElementById(link.hash.slice(1)), link]));

  const crossing = new IntersectionObserver(
    (entries) => {
      const reached = entries.findLast(({ isIntersecting }) => isIntersecting);
      const current = reached && linkTo.get(reached.target as HTMLElement);
      if (!current) return;
      for (const link of links) link.removeAttribute('aria-current');
      current.setAttribute('aria-current', 'location');
      if (named) named.textContent = current.textContent;
    },
    { rootMargin: line },
  );
  for (const section of linkTo.keys()) if (section) crossing.observe(section);
  menu?.addEventListener('click', ({ target }) => {
    if ((target as Element).closest('a') && menu.matches(':popover-open')) menu.hidePopover();
  });
}
