/** The feature that says which records and versions may be in the metadata log. */
export const metadataVersionFeature = "metadata.version";
/** The feature of the raft layer: its level lives in control records, not in feature level records. */
export const kraftVersionFeature = "kraft.version";
export const eligibleLeaderReplicasFeature = "eligible.leader.replicas.version";
export const groupVersionFeature = "group.version";
export const shareVersionFeature = "share.version";
export const streamsVersionFeature = "streams.version";
export const transactionVersionFeature = "transaction.version";
