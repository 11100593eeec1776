import {inspect} from 'node:util'

import {describe, expect, test} from 'vitest'

import {MqliftError} from '../../src/errors.ts'
import {Secret} from '../../src/model/secret.ts'
import {
  credentials,
  managementUrls,
  parseAddress,
  redactUrl,
  refusePlaintext,
} from '../../src/protocols/broker-address.ts'

const thrown = (run: () => unknown): MqliftError => {
  try {
    run()
  } catch (error) {
    if (error instanceof MqliftError) return error
  }
  throw new Error('it did not throw an MqliftError')
}

describe('parseAddress', () => {
  test.each([
    ['amqp://localhost', [{host: 'localhost', port: 5672}], undefined, undefined],
    ['amqps://ops@rabbit.corp/', [{host: 'rabbit.corp', port: 5671}], undefined, 'ops'],
    [
      'amqps://ops@a,b:1234/shop',
      [
        {host: 'a', port: 5671},
        {host: 'b', port: 1234},
      ],
      'shop',
      'ops',
    ],
    ['amqps://o%40p@h/%2F', [{host: 'h', port: 5671}], '/', 'o@p'],
    ['AMQPS://h/r_eu%2F%CE%B1', [{host: 'h', port: 5671}], 'r_eu/α', undefined],
    ['amqp://[::1]:5673/', [{host: '::1', port: 5673}], undefined, undefined],
  ])('reads %s', (text, hosts, vhost, user) => {
    expect(parseAddress(text)).toMatchObject({hosts, vhost, user})
  })

  test.each([
    'amqps://',
    'amqps://h:0/',
    'amqps://h:99999/',
    'amqps://h:x/',
    'amqps://a b/',
    'amqps://h/%zz',
    'amqps://,/',
    'amqp://169.254.169.254/',
    'nonsense',
    'kafka://h/',
    'activemq+amqps://h/',
    'mqtts://h/',
    'https://h:15671/',
  ])('refuses %s as usage, and says what an address looks like', (text) => {
    const error = thrown(() => parseAddress(text))
    expect(error.kind).toBe('usage')
    expect(error.suggestions.join(' ')).toContain('amqps://')
  })

  test('names brokers it cannot open', () => {
    expect(thrown(() => parseAddress('artemis+amqps://h/')).message).toContain('Artemis')
    expect(thrown(() => parseAddress('https://h/')).message).toContain('--management')
  })

  test('refuses a password on the command line, except for this machine', () => {
    const error = thrown(() => parseAddress('amqps://ops:canary@rabbit.corp/'))
    expect(error.reason).toBe('password-in-address')
    expect(error.suggestions.join(' ')).toContain('Set MQLIFT_SOURCE_PASSWORD')
    expect(parseAddress('amqp://ops:canary@127.0.0.1/').password?.reveal()).toBe('canary')
    expect(thrown(() => parseAddress('amqps://o:canary@localhost,rabbit.corp/')).reason).toBe(
      'password-in-address',
    )
  })

  test.each([
    'amqps://ops:canary@rabbit.corp/',
    'amqps://ops:canary@h:0/',
    'amqps://ops:can%zzary@h/',
    'kafka://ops:canary@h/?token=canary',
    'amqp://ops:canary@localhost/?x=canary#canary',
  ])('never repeats a secret of %s', (text) => {
    let shown: string
    try {
      const address = parseAddress(text)
      shown = inspect(address) + JSON.stringify(address) + String(address.password)
    } catch (error) {
      shown = inspect(error)
    }
    expect(shown).not.toContain('canary')
  })
})

test.each([
  ['amqps://u:p@h:1/v?heartbeat=1', 'amqps://h:1/v'],
  ['amqp://u:p@w@h/v', 'amqp://h/v'],
  ['amqps://u:${PASSWORD}@h', 'amqps://h'],
  ['amqp:///vhost', 'amqp:///vhost'],
  ['see https://u:p@h/a?b=c now', 'see https://h/a now'],
])('redactUrl makes %s into %s', (text, expected) => {
  expect(redactUrl(text)).toBe(expected)
})

describe('credentials', () => {
  test('are guest only for this machine', () => {
    expect(credentials(parseAddress('amqp://localhost/'), {}).user).toBe('guest')
    expect(thrown(() => credentials(parseAddress('amqps://rabbit.corp/'), {})).kind).toBe('usage')
    expect(thrown(() => credentials(parseAddress('amqps://guest@rabbit.corp/'), {})).message).toContain(
      'password',
    )
  })

  test('prefer the password that was given apart', () => {
    const address = parseAddress('amqp://u:inside@localhost/')
    expect(credentials(address, {password: new Secret('apart')}).password.reveal()).toBe('apart')
  })
})

describe('plain protocols', () => {
  test('need a flag outside this machine', () => {
    expect(thrown(() => refusePlaintext(parseAddress('amqp://rabbit.corp/'), false)).reason).toBe('plaintext')
    expect(() => refusePlaintext(parseAddress('amqp://rabbit.corp/'), true)).not.toThrow()
    expect(() => refusePlaintext(parseAddress('amqp://127.0.0.1/'), false)).not.toThrow()
    expect(() => refusePlaintext(parseAddress('amqps://rabbit.corp/'), false)).not.toThrow()
  })
})

const urls = (
  text: string,
  management?: string,
  allowPlaintext = false,
): {found: string[]; said: string[]} => {
  const said: string[] = []
  const options = {allowPlaintext, onNotice: (notice: string) => said.push(notice)}
  const found = managementUrls(
    parseAddress(text),
    management === undefined ? options : {...options, management},
  )
  return {found: found.map(String), said}
}

describe('the management address', () => {
  test('is derived from the broker, and said', () => {
    const {found, said} = urls('amqps://a,b/')
    expect(found).toEqual(['https://a:15671/', 'https://b:15671/'])
    expect(said).toEqual([expect.stringContaining('https://a:15671')])
    expect(urls('amqp://[::1]/').found).toEqual(['http://[::1]:15672/'])
  })

  test('is taken as given, prefix included', () => {
    expect(urls('amqps://a/', 'https://proxy/rabbit?x=1')).toEqual({
      found: ['https://proxy/rabbit/'],
      said: [],
    })
  })

  test.each(['nonsense', 'amqp://h/', 'https://u:canary@h/', 'http://169.254.169.254/'])(
    'refuses %s',
    (management) => {
      const error = thrown(() => urls('amqps://a/', management))
      expect(error.kind).toBe('usage')
      expect(inspect(error)).not.toContain('canary')
    },
  )

  test('may not be plain outside this machine', () => {
    expect(thrown(() => urls('amqps://a/', 'http://a:15672/')).reason).toBe('plaintext')
    expect(urls('amqps://a/', 'http://a:15672/', true).found).toEqual(['http://a:15672/'])
  })
})
