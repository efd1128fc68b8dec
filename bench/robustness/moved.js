/** Names the new command of an old one: `node bench/robustness/moved.js fuzz`. */
const [, , campaign] = process.argv;
console.error(`npm run test:${campaign} is now npm run robustness -- ${campaign}`);
process.exitCode = 2;
