/** Variables of the official image that start with KAFKA_ and are no properties. */
const notProperties = new Set([
  "KAFKA_VERSION",
  "KAFKA_HOME",
  "KAFKA_OPTS",
  "KAFKA_HEAP_OPTS",
  "KAFKA_DEBUG",
  "KAFKA_JMX_OPTS",
  "KAFKA_JMX_PORT",
  "KAFKA_JMX_HOSTNAME",
  "KAFKA_JVM_PERFORMANCE_OPTS",
  "KAFKA_GC_LOG_OPTS",
  "KAFKA_LOG4J_OPTS",
  "KAFKA_LOG4J_ROOT_LOGLEVEL",
  "KAFKA_LOG4J_LOGGERS",
  "KAFKA_TOOLS_LOG4J_LOGLEVEL",
]);

/**
 * The properties in `environment`, mapped as the official image maps them: `KAFKA_A_B` is `a.b`, `__` is `_` and `___` is
 * `-`. Where no listener is given but an advertised one is, the listeners are derived from it (every interface, its port).
 */
export function propertiesFromEnvironment(
  environment: Readonly<Record<string, string | undefined>>,
): Map<string, string> {
  const properties = new Map<string, string>();
  for (const name of Object.keys(environment).sort()) {
    const value = environment[name];
    if (value === undefined || !name.startsWith("KAFKA_") || notProperties.has(name)) continue;
    properties.set(propertyName(name), value);
  }
  const advertised = properties.get("advertised.listeners");
  if (advertised !== undefined && !properties.has("listeners")) {
    properties.set("listeners", advertised.replace(/:\/\/[^,]*:(\d+)/g, "://0.0.0.0:$1"));
  }
  return properties;
}

function propertyName(variable: string): string {
  return variable
    .slice("KAFKA_".length)
    .toLowerCase()
    .replace(/_{1,3}/g, (underscores) => (underscores.length === 1 ? "." : underscores.length === 2 ? "_" : "-"));
}
