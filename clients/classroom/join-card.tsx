import type { JoinHint } from './protocol.ts';

/** How a phone comes in: to be read, and to be pointed at. The drawing comes from the class's own server. */
export function JoinCard({ join }: { join: JoinHint }) {
  return (
    <div class="join-card">
      <div
        class="qr"
        role="img"
        aria-label={`QR code of ${join.url}`}
        dangerouslySetInnerHTML={{ __html: join.qrSvg }}
      />
      <p>
        <span class="join-url">{join.url.replace(/^https?:\/\//, '')}</span>
        <span>
          code <b class="code">{join.code}</b>
        </span>
      </p>
    </div>
  );
}
