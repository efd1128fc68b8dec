/**
 * Texts that an attacker could put into a result file to make its page run a script, send a request, change its
 * look or break. A script among them would set `ran`; a request would go to port 9. The texts of a group also work
 * inside a longer text, so that one page can have all of them.
 */
export const hostileGroups: Readonly<Record<string, readonly string[]>> = {
  'elements and attributes': [
    '<script>window.ran=1</script>',
    '</script><script>window.ran=1</script>',
    '<img src=x onerror=window.ran=1>',
    '"><svg/onload=window.ran=1>',
    "' onmouseover='window.ran=1' x='",
    '" autofocus tabindex=0 onfocus="window.ran=1',
    '<iframe srcdoc="<script>parent.ran=1</script>">',
    '<a href="javascript:window.ran=1" id=sections>click</a>',
    '<link rel=stylesheet href=http://127.0.0.1:9/x.css>',
    '<meta http-equiv=refresh content="0;url=http://127.0.0.1:9/">',
    '<base href="http://127.0.0.1:9/">',
    '<form action=http://127.0.0.1:9/><input autofocus></form>',
  ],
  'ends of whatever may enclose a text': [
    '</style><script>window.ran=1</script>',
    '}</style><style>*{display:none}',
    '</title><script>document.title="ran"</script>',
    ']]><script>window.ran=1</script>',
    '<![CDATA[<script>window.ran=1</script>]]>',
    '--><script>window.ran=1</script><!--',
    '</textarea></noscript><script>window.ran=1</script>',
    '</main></body></html>',
    '</table></section></details>',
  ],
  'styles, templates and strings in scripts': [
    'body{background:url(http://127.0.0.1:9/)}',
    'x;position:fixed;inset:0;background:url(//127.0.0.1:9/x)',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is one to be taken for a template.
    '${window.ran=1}',
    "{{constructor.constructor('window.ran=1')()}}",
    '<%= window.ran=1 %>',
    '`;window.ran=1;`',
    '\\";window.ran=1;//',
    "$& $1 $$ $` $'",
    '&lt;script&gt;window.ran=1&lt;/script&gt;&#x3C;',
    '\u2028window.ran=1\u2029',
  ],
  'letters that are not what they seem': [
    '\u202Etxet desrever\u202D',
    'مرحبا بالعالم שלום עולם',
    '\u0000\u0001\u0008\u001B[31m\u007F',
    '\uFEFF\u200B\u200D\u2060',
    '\uD800 half a letter',
    '🧑‍🚀'.repeat(300),
    `Z${'\u0351\u036B\u0343'.repeat(60)}algo`,
  ],
};

/** Hostile texts that do harm only alone: a whole address, a whole name, or one that hides what follows it. */
export const hostileAlone: readonly string[] = [
  'javascript:window.ran=1',
  'data:text/html,<script>window.ran=1</script>',
  '<!--',
  '<plaintext>',
  // One word that is too long, and none.
  'a'.repeat(5000),
  '',
  ' \n\r\t\n ',
  // Names that a program has for itself.
  '__proto__',
  'constructor',
  'panels',
  'answer',
  // Formulas for a spreadsheet.
  "=1+1|'cmd'!A0",
];
