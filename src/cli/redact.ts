const PASSWORD = /([a-z][a-z0-9+.-]*:\/\/[^\s:@/]*):\S*@/gi
const QUERY = /([a-z][a-z0-9+.-]*:\/\/[^\s?#]*)[?#]\S*/gi

/** Text that may repeat what somebody typed, without the password and the query of any URL in it (SEC-5, SEC-6). */
export function redacted(text: string): string {
  return text.replace(PASSWORD, '$1@').replace(QUERY, '$1')
}
