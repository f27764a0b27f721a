import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.StringJoiner;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.message.*;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.record.internal.*;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.utils.ByteBufferOutputStream;

/**
 * Prints record batches made by Apache Kafka's own client library, and what that library reads back from them, as JSON:
 * java -cp '<kafka-clients and its libraries>' GenerateBatches.java > java-client.json
 */
public class GenerateBatches {
    static final HexFormat HEX = HexFormat.of();
    static final List<String> out = new ArrayList<>();

    static byte[] utf8(String text) {
        return text == null ? null : text.getBytes(StandardCharsets.UTF_8);
    }

    static String bytes(ByteBuffer buffer) throws Exception {
        if (buffer == null) return "null";
        byte[] bytes = new byte[buffer.remaining()];
        buffer.duplicate().get(bytes);
        if (bytes.length <= 400) return '"' + HEX.formatHex(bytes) + '"';
        byte[] hash = MessageDigest.getInstance("SHA-256").digest(bytes);
        return "{\"sizeBytes\": " + bytes.length + ", \"sha256\": \"" + HEX.formatHex(hash) + "\"}";
    }

    static String quoted(String text) {
        StringBuilder quoted = new StringBuilder("\"");
        for (char c : text.toCharArray())
            quoted.append(c < 0x20 || c > 0x7e || c == '"' || c == '\\' ? String.format("\\u%04x", (int) c) : "" + c);
        return quoted.append('"').toString();
    }

    static void add(String name, MemoryRecords records) throws Exception {
        StringJoiner batches = new StringJoiner(",\n      ");
        for (MutableRecordBatch batch : records.batches()) {
            StringJoiner list = new StringJoiner(",\n          ");
            for (Record record : batch) {
                StringJoiner headers = new StringJoiner(", ");
                if (batch.magic() == 2)
                    for (Header header : record.headers())
                        headers.add("{\"key\": " + quoted(header.key()) + ", \"value\": "
                            + bytes(header.value() == null ? null : ByteBuffer.wrap(header.value())) + "}");
                list.add("{\"offset\": " + record.offset() + ", \"timestamp\": " + record.timestamp() + ", \"sizeBytes\": "
                    + record.sizeInBytes() + ", \"key\": " + bytes(record.key()) + ", \"value\": " + bytes(record.value())
                    + ", \"headers\": [" + headers + "]}");
            }
            String header = "\"magic\": " + batch.magic() + ", \"sizeInBytes\": " + batch.sizeInBytes() + ", \"baseOffset\": "
                + batch.baseOffset();
            if (batch.magic() == 2)
                header += ", \"lastOffset\": " + batch.lastOffset() + ", \"crc\": " + batch.checksum()
                    + ", \"compression\": \"" + batch.compressionType().name + "\", \"timestampType\": \""
                    + (batch.timestampType() == TimestampType.LOG_APPEND_TIME ? "logAppendTime" : "createTime")
                    + "\", \"isTransactional\": " + batch.isTransactional() + ", \"isControl\": " + batch.isControlBatch()
                    + ", \"hasDeleteHorizon\": " + batch.deleteHorizonMs().isPresent()
                    + ", \"baseTimestamp\": " + ((DefaultRecordBatch) batch).baseTimestamp()
                    + ", \"maxTimestamp\": " + batch.maxTimestamp() + ", \"producerId\": " + batch.producerId()
                    + ", \"producerEpoch\": " + batch.producerEpoch() + ", \"baseSequence\": " + batch.baseSequence()
                    + ", \"lastSequence\": " + batch.lastSequence() + ", \"recordCount\": " + batch.countOrNull()
                    + ", \"partitionLeaderEpoch\": " + batch.partitionLeaderEpoch();
            batches.add("{\n        \"header\": {" + header + "},\n        \"records\": [\n          " + list + "\n        ]\n      }");
        }
        ByteBuffer buffer = records.buffer();
        byte[] raw = new byte[buffer.remaining()];
        buffer.duplicate().get(raw);
        out.add("  {\n    \"name\": " + quoted(name) + ",\n    \"hex\": \"" + HEX.formatHex(raw) + "\",\n    \"batches\": [\n      "
            + batches + "\n    ]\n  }");
    }

    record Options(byte magic, Compression compression, TimestampType type, long baseOffset, long logAppendTime,
                   long producerId, short epoch, int sequence, boolean transactional, boolean control, int leaderEpoch,
                   long deleteHorizon) {
        static Options of(Compression compression) {
            return new Options((byte) 2, compression, TimestampType.CREATE_TIME, 0, -1, -1, (short) -1, -1, false, false, -1, -1);
        }

        MemoryRecordsBuilder builder() {
            return new MemoryRecordsBuilder(new ByteBufferOutputStream(1024), magic, compression, type, baseOffset,
                logAppendTime, producerId, epoch, sequence, transactional, control, leaderEpoch, 1 << 20, deleteHorizon);
        }
    }

    static MemoryRecords of(Options options, SimpleRecord... records) {
        try (MemoryRecordsBuilder builder = options.builder()) {
            for (SimpleRecord record : records) builder.append(record);
            return builder.build();
        }
    }

    static SimpleRecord record(long timestamp, String key, String value, Header... headers) {
        return new SimpleRecord(timestamp, utf8(key), utf8(value), headers);
    }

    static final long T = 1_700_000_000_000L;

    static SimpleRecord[] typical() {
        return new SimpleRecord[] {
            record(T, "key-1", "value one, value one, value one"),
            record(T + 5, null, "no key", new RecordHeader("trace", utf8("abc")), new RecordHeader("empty", new byte[0])),
            record(T - 70_000, "tombstone", null, new RecordHeader("", null)),
            record(T + 86_400_000L, "", "", new RecordHeader("na\u00efve \u2603 \ud83d\ude00", utf8("\u00e4"))),
        };
    }

    public static void main(String[] arguments) throws Exception {
        Compression none = Compression.NONE;
        Compression[] codecs = {none, Compression.gzip().build(), Compression.snappy().build(), Compression.lz4().build(),
            Compression.zstd().build()};
        for (Compression codec : codecs) add("typical, " + codec.type().name, of(Options.of(codec), typical()));
        String large = "The quick brown fox jumps over the lazy dog. ".repeat(2_000);
        for (int index = 1; index < codecs.length; index++) {
            add("larger than a block, " + codecs[index].type().name,
                of(Options.of(codecs[index]), record(T, "large", large), record(T, null, large.substring(7))));
        }

        add("one record of nothing", of(Options.of(none), record(-1, null, null)));
        SimpleRecord[] many = new SimpleRecord[70];
        for (int index = 0; index < many.length; index++) many[index] = record(T + index * 977L, "" + index, "v");
        add("offset deltas of two bytes", of(Options.of(none), many));
        add("timestamps far apart",
            of(Options.of(none), record(T, "a", null), record(0, "b", null), record(1L << 50, "c", null), record(T, "d", null)));
        add("the last timestamp there is", of(Options.of(none), record(Long.MAX_VALUE, "a", "b")));
        add("idempotent", of(new Options((byte) 2, none, TimestampType.CREATE_TIME, 1L << 40, -1, 4_000_000_000L, (short) 7,
            Integer.MAX_VALUE - 1, false, false, 12, -1), typical()));
        add("transactional, zstd", of(new Options((byte) 2, codecs[4], TimestampType.CREATE_TIME, 10, -1, 1, (short) 0, 0, true,
            false, 0, -1), typical()));
        add("numbers at their ends", of(new Options((byte) 2, none, TimestampType.CREATE_TIME, 0, -1, Long.MAX_VALUE,
            Short.MAX_VALUE, Integer.MAX_VALUE, true, false, Integer.MAX_VALUE, -1), record(T, null, "x")));
        add("log append time", of(new Options((byte) 2, none, TimestampType.LOG_APPEND_TIME, 3, T + 123, -1, (short) -1, -1, false,
            false, 5, -1), typical()));
        add("log append time, lz4", of(new Options((byte) 2, codecs[3], TimestampType.LOG_APPEND_TIME, 3, T + 123, -1, (short) -1,
            -1, false, false, 5, -1), typical()));
        add("delete horizon", of(new Options((byte) 2, none, TimestampType.CREATE_TIME, 3, -1, -1, (short) -1, -1, false, false, 5,
            T + 999_999), typical()));

        ByteBuffer two = ByteBuffer.allocate(2048);
        two.put(of(Options.of(none), typical()).buffer());
        two.put(of(new Options((byte) 2, codecs[2], TimestampType.CREATE_TIME, 4, -1, -1, (short) -1, -1, false, false, -1, -1),
            typical()).buffer());
        two.flip();
        add("two batches", MemoryRecords.readableRecords(two));

        for (ControlRecordType type : new ControlRecordType[] {ControlRecordType.COMMIT, ControlRecordType.ABORT})
            add("control: " + type, MemoryRecords.withEndTransactionMarker(77, T, 3, 42L, (short) 2,
                new EndTransactionMarker(type, 9)));
        try (MemoryRecordsBuilder builder = control()) {
            builder.appendLeaderChangeMessage(T, new LeaderChangeMessage().setLeaderId(1)
                .setVoters(List.of(new LeaderChangeMessage.Voter().setVoterId(1), new LeaderChangeMessage.Voter().setVoterId(2)))
                .setGrantingVoters(List.of(new LeaderChangeMessage.Voter().setVoterId(1))));
            add("control: LEADER_CHANGE", builder.build());
        }
        try (MemoryRecordsBuilder builder = control()) {
            builder.appendSnapshotHeaderMessage(T, new SnapshotHeaderRecord().setLastContainedLogTimestamp(T - 1));
            builder.appendKRaftVersionMessage(T, new KRaftVersionRecord().setKRaftVersion((short) 1));
            builder.appendVotersMessage(T, new VotersRecord().setVoters(List.of(new VotersRecord.Voter().setVoterId(1)
                .setVoterDirectoryId(Uuid.fromString("3Dz_vFHqQOmvCRkLkDYxGg"))
                .setEndpoints(new VotersRecord.EndpointCollection(List.of(
                    new VotersRecord.Endpoint().setName("CONTROLLER").setHost("localhost").setPort(9093)).iterator()))
                .setKRaftVersionFeature(new VotersRecord.KRaftVersionFeature().setMinSupportedVersion((short) 0)
                    .setMaxSupportedVersion((short) 1)))));
            builder.appendSnapshotFooterMessage(T, new SnapshotFooterRecord());
            add("control: snapshot", builder.build());
        }

        for (byte magic = 0; magic < 2; magic++)
            add("magic " + magic, of(new Options(magic, none, magic == 0 ? TimestampType.NO_TIMESTAMP_TYPE : TimestampType.CREATE_TIME,
                5, -1, -1, (short) -1, -1, false, false, -1, -1), record(magic == 0 ? -1 : T, "key", "value")));

        System.out.println("[\n" + String.join(",\n", out) + "\n]");
    }

    static MemoryRecordsBuilder control() {
        return new Options((byte) 2, Compression.NONE, TimestampType.CREATE_TIME, 0, -1, -1, (short) -1, -1, false, true, 3, -1)
            .builder();
    }
}
