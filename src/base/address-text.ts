/** A host and a port as they stand in addresses: a host of IPv6 goes in brackets. */
export function addressText(host: string, port: number): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}
