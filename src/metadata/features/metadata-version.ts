/** Levels of metadata.version, each with the name that tools show. A release's last one also goes by the release alone. */
const versionNames: readonly (readonly [level: number, name: string])[] = [
  [7, "3.3-IV3"],
  [8, "3.4-IV0"],
  [9, "3.5-IV0"],
  [10, "3.5-IV1"],
  [11, "3.5-IV2"],
  [12, "3.6-IV0"],
  [13, "3.6-IV1"],
  [14, "3.6-IV2"],
  [15, "3.7-IV0"],
  [16, "3.7-IV1"],
  [17, "3.7-IV2"],
  [18, "3.7-IV3"],
  [19, "3.7-IV4"],
  [20, "3.8-IV0"],
  [21, "3.9-IV0"],
  [22, "4.0-IV0"],
  [23, "4.0-IV1"],
  [24, "4.0-IV2"],
  [25, "4.0-IV3"],
  [26, "4.1-IV0"],
  [27, "4.1-IV1"],
  [28, "4.2-IV0"],
  [29, "4.2-IV1"],
  [30, "4.3-IV0"],
];

export const metadataVersionMin = 7;
export const metadataVersionMax = 30;

/** First level at which each capability is there. */
export const metadataVersionWith = {
  brokerMigration: 8,
  scram: 11,
  transactions: 13,
  delegationTokens: 14,
  controllerRegistration: 15,
  directoryAssignment: 17,
  eligibleLeaderReplicas: 23,
  cordonedLogDirs: 30,
} as const;

const nameByLevel: ReadonlyMap<number, string> = new Map(versionNames);

/** "4.3-IV0"; undefined for a level that Kafka 4.3 does not know. */
export function metadataVersionName(level: number): string | undefined {
  return nameByLevel.get(level);
}

/** The level of "4.3", "4.3.1" or "4.3-IV0"; undefined when it is unknown. */
export function metadataVersionLevel(text: string): number | undefined {
  const key = text.split(".").slice(0, 2).join(".");
  return versionNames.findLast(([, name]) => name === key || name.startsWith(`${key}-`))?.[0];
}

/** All names, oldest first, as the tools list them. */
export function metadataVersionNames(): string {
  return versionNames.map(([, name]) => name).join(", ");
}

/** Levels that changed what records may hold: going back beyond one would lose metadata. */
const levelsThatChangedRecords: readonly number[] = [7, 8, 11, 13, 14, 15, 17, 23, 30];

export function isMetadataLostByDowngrade(from: number, to: number): boolean {
  return levelsThatChangedRecords.some((level) => level > to && level <= from);
}

/** Versions of the records whose layout depends on metadata.version. */
export function registerBrokerRecordVersion(level: number): number {
  if (level >= metadataVersionWith.cordonedLogDirs) return 4;
  if (level >= metadataVersionWith.directoryAssignment) return 3;
  return level >= metadataVersionWith.brokerMigration ? 2 : 1;
}

/** Of partition and partition change records alike. */
export function partitionRecordVersion(level: number): number {
  if (level >= metadataVersionWith.eligibleLeaderReplicas) return 2;
  return level >= metadataVersionWith.directoryAssignment ? 1 : 0;
}
