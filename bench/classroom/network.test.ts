import { expect, it } from 'vitest';
import { addressesOf, Lan } from './network.ts';

const of = (address: string, mac = '00:11:22:33:44:55', internal = false) => [
  { address, mac, internal, family: 'IPv4' as const, netmask: '255.255.255.0', cidr: null },
];

const addresses = (...args: Parameters<typeof addressesOf>) =>
  addressesOf(...args).map(({ address }) => address);

it('prefers an address that phones reach over those of containers, VPNs and link-local ones', () => {
  const interfaces = {
    lo: of('127.0.0.1', '00:00:00:00:00:00', true),
    docker0: of('172.17.0.1', '02:42:aa:bb:cc:dd'),
    eth9: of('172.18.0.1', '02:42:aa:bb:cc:de'),
    utun3: of('10.8.0.2'),
    en5: of('169.254.10.7'),
    wlan0: of('192.168.1.23'),
  };
  expect(addresses(interfaces, undefined)).toEqual([
    '192.168.1.23',
    '172.17.0.1',
    '172.18.0.1',
    '10.8.0.2',
    '169.254.10.7',
  ]);
});

it('prefers the address towards other networks among those that phones may reach, and no VPN', () => {
  const interfaces = { eth0: of('10.0.0.5'), wlan0: of('192.168.1.23'), tun0: of('10.8.0.2') };
  expect(addresses(interfaces, '192.168.1.23')[0]).toBe('192.168.1.23');
  expect(addresses(interfaces, '10.8.0.2')[0]).toBe('10.0.0.5');
});

it('lists no address of IPv6, and nothing where there is none', () => {
  const six = [{ ...of('x')[0], address: 'fe80::1', family: 'IPv6' as const, scopeid: 0 }];
  expect(addresses({ eth0: six as never }, undefined)).toEqual([]);
  expect(new Lan(undefined, () => ({})).address).toBeUndefined();
});

it('follows a change of the machine’s addresses, and accepts pages from all of them', () => {
  let interfaces = { wlan0: of('192.168.1.23'), docker0: of('172.17.0.1') };
  const lan = new Lan(undefined, () => interfaces);
  expect(lan.address).toBe('192.168.1.23');
  expect(lan.hostnames).toEqual(
    expect.arrayContaining(['192.168.1.23', '172.17.0.1', '127.0.0.1', 'localhost']),
  );
  interfaces = { ...interfaces, wlan0: of('10.20.0.4') };
  expect(lan.address).toBe('10.20.0.4');
  expect(lan.hostnames).toContain('10.20.0.4');
  expect(lan.hostnames).not.toContain('192.168.1.23');
});

it('uses the address that was asked for, also one that is not this machine’s: something may forward it', () => {
  const lan = new Lan('203.0.113.9', () => ({ wlan0: of('192.168.1.23') }));
  expect(lan.address).toBe('203.0.113.9');
  expect(lan.hostnames).toEqual(expect.arrayContaining(['203.0.113.9', '192.168.1.23']));
});

it('reads from the operating system which address it uses towards other networks, or that there is none', async () => {
  const lan = new Lan(undefined);
  await lan.refresh();
  const own = lan.addresses.map(({ address }) => address);
  expect([undefined, ...own]).toContain(lan.address);
});
