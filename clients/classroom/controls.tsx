import { type SettingControl, settingGroups, spans } from './choices.ts';
import type { Settings } from './protocol.ts';
import { scenes } from './scenes.ts';

/** The scenes on their keys. */
export function Scenes({ current, onScene }: { current: number | null; onScene(key: number): void }) {
  return (
    <nav class="scenes" aria-label="Scenes">
      {scenes.map(({ key, title }) => (
        <button key={key} type="button" aria-pressed={key === current} onClick={() => onScene(key)}>
          <kbd>{key}</kbd> {title}
        </button>
      ))}
    </nav>
  );
}

/** One control for each setting, in groups. A value that only a scene sets is shown as well. */
export function SettingControls({
  settings,
  onSet,
}: {
  settings: Settings;
  onSet(settings: Partial<Settings>): void;
}) {
  return (
    <section class="settings" aria-label="Settings">
      {settingGroups.map(({ title, controls }) => (
        <fieldset key={title}>
          <legend>{title}</legend>
          {controls.map((control) => (
            <label key={control.key}>
              <span>{control.label}</span>
              <select
                data-setting={control.key}
                data-holds={JSON.stringify(settings[control.key])}
                value={JSON.stringify(settings[control.key])}
                onChange={({ currentTarget }) => onSet({ [control.key]: JSON.parse(currentTarget.value) })}
              >
                {offersOf(control, settings).map(({ value, label }) => (
                  <option
                    key={label}
                    value={value}
                    selected={value === JSON.stringify(settings[control.key])}
                  >
                    {label}
                  </option>
                ))}
              </select>
            </label>
          ))}
        </fieldset>
      ))}
    </section>
  );
}

function offersOf(control: SettingControl, settings: Settings): { value: string; label: string }[] {
  const current = settings[control.key];
  const offers = control.offers.map(({ value, label }) => ({ value: JSON.stringify(value), label }));
  if (offers.some(({ value }) => value === JSON.stringify(current))) return offers;
  const called = control.called as (value: unknown) => string;
  return [{ value: JSON.stringify(current), label: called(current) }, ...offers];
}

/** How far back the pictures go. It belongs to this screen, and is no setting of the class. */
export function SpanControl({ spanMs, onSpan }: { spanMs: number; onSpan(spanMs: number): void }) {
  return (
    <label class="span">
      show last
      <select value={String(spanMs)} onChange={({ currentTarget }) => onSpan(Number(currentTarget.value))}>
        {spans.map(({ value, label }) => (
          <option key={value} value={String(value)} selected={value === spanMs}>
            {label}
          </option>
        ))}
      </select>
    </label>
  );
}
