import { describe, expect, it } from 'vitest';
import { nameOfRabbit, parseRabbitUrl, rabbitProblem } from './rabbit-address.ts';

describe('the address of a RabbitMQ', () => {
  it('has the defaults of RabbitMQ where the URL says nothing', () => {
    expect(parseRabbitUrl('amqp://localhost')).toEqual({
      protocol: 'amqp',
      hostname: 'localhost',
      port: 5672,
      username: 'guest',
      password: 'guest',
      vhost: '/',
    });
  });

  it('is read out of the URL', () => {
    expect(parseRabbitUrl('amqps://me:p%40ss@[::1]:99/lab%2F1')).toMatchObject({
      protocol: 'amqps',
      hostname: '::1',
      port: 99,
      username: 'me',
      password: 'p@ss',
      vhost: 'lab/1',
    });
  });

  it.each(['me:secret@host', 'http://me:secret@host', 'secret', 'amqp://', ''])(
    'is refused when it is none, and not repeated: %s',
    (text) => {
      expect(() => parseRabbitUrl(text)).toThrow(/^expected a URL such as amqp:\/\/name:password@host:port$/);
    },
  );

  it('takes a % only in front of two digits', () => {
    expect(() => parseRabbitUrl('amqp://me:100%@host')).toThrow('expected %25');
  });

  it('is named without name and password', () => {
    expect(nameOfRabbit(parseRabbitUrl('amqp://me:secret@host:1'))).toBe('RabbitMQ at host:1');
    expect(nameOfRabbit(parseRabbitUrl('amqp://me:secret@[::1]'))).toBe('RabbitMQ at [::1]:5672');
  });
});

it('a problem of another kind is given in its own words', () => {
  const address = parseRabbitUrl('amqp://me:secret@host');
  expect(rabbitProblem(address, new Error('no such luck'))).toBe(
    'RabbitMQ at host:5672 failed: no such luck',
  );
});
