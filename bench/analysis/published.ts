/**
 * What others have measured, with where they published it. Their machines and libraries are not ours:
 * only shapes and ratios are held against this lab's, never milliseconds.
 */
export type Source = { short: string; full: string };

/**
 * Header bytes. The paper counts 871 bytes of HTTP headers in each poll and 2 in each WebSocket frame,
 * and a message a second for each client; payload, TCP and IP are left out. Its Mbit is 1,048,576 bits.
 */
export const headerTable = {
  source: {
    short: 'Lubbers and Greco',
    full: 'P. Lubbers, F. Greco: “HTML5 WebSocket: A Quantum Leap in Scalability for the Web”, Kaazing Corporation, websocket.org/quantum.html',
  },
  pollHeaderBytes: 871,
  frameHeaderBytes: 2,
  clients: [1000, 10_000, 100_000],
} as const;

/** A megabit as the paper counts it. */
export const paperMegabit = 1024 * 1024;

/**
 * A chat under load: 60 clients publish every 500 ms, 30 times, and everybody hears everybody: 108,000
 * deliveries. Mean delay in milliseconds and CPU in percent, by framework and transport.
 */
export const chatUnderLoad = {
  source: {
    short: 'Johannessen',
    full: 'K. Johannessen: “Real-time web applications: comparing frameworks and transport mechanisms”, master thesis, University of Oslo, 2014; load test “High throughput” in github.com/kjohann/MasterThesis',
  },
  clients: 60,
  publishEveryMs: 500,
  messagesPerClient: 30,
  measured: [
    { stack: 'Socket.IO', push: [6.05, 14.3], longPoll: [52.6, 14.8], shortPoll: [605.6, 8.2] },
    { stack: 'SignalR', push: [18.4, 37.9], sse: [18.1, 37.6], longPoll: [134.8, 58.7] },
    { stack: 'Lightstreamer', push: [17.8, 21.6], shortPoll: [161.7, 70.2] },
  ] as {
    stack: string;
    push: readonly [delayMs: number, cpuPercent: number];
    sse?: readonly [delayMs: number, cpuPercent: number];
    longPoll?: readonly [delayMs: number, cpuPercent: number];
    shortPoll?: readonly [delayMs: number, cpuPercent: number];
  }[],
} as const;

/**
 * Open data to many: 5.2 kB of JSON every 5 s, one Node thread, SSE against polls with 500 ms between
 * them. The numbers are the clients that one server still served.
 */
export const openData = {
  source: {
    short: 'Van de Vyvere, Colpaert and Verborgh',
    full: 'B. Van de Vyvere, P. Colpaert, R. Verborgh: “Comparing a Polling and Push-Based Approach for Live Open Data Interfaces”, ICWE 2020, LNCS 12128, pp. 87–101',
  },
  payloadBytes: 5200,
  publishEveryMs: 5000,
  pollEveryMs: 500,
  sseClientsMax: 25_000,
  pollClientsMax: 8000,
} as const;

/** Related results that the lab quotes beside its own. */
export const related: Source[] = [
  {
    short: 'Bozdag, Mesbah and van Deursen',
    full: 'E. Bozdag, A. Mesbah, A. van Deursen: “A Comparison of Push and Pull Techniques for AJAX”, WSE 2007: push took up to seven times the server CPU time of pull',
  },
  {
    short: 'Pimentel and Nickerson',
    full: 'V. Pimentel, B. G. Nickerson: “Communicating and Displaying Real-Time Data with WebSocket”, IEEE Internet Computing 16(4), 2012: long polling matches WebSocket while the one-way latency is under half the update interval',
  },
  {
    short: 'RFC 6202',
    full: 'S. Loreto et al.: “Known Issues and Best Practices for the Use of Long Polling and Streaming in Bidirectional HTTP”, RFC 6202, IETF 2011, §2.2',
  },
];
