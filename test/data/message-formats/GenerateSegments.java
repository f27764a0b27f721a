import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.StringJoiner;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.record.internal.*;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.utils.BufferSupplier;

/**
 * Prints four segments, one behind the other, with entries of message formats 0 and 1 (and 2 behind them), made by Apache Kafka's own client library, what
 * that library reads back from them, and what its compaction makes of each entry when every record stays:
 * java -cp '<kafka-clients and its libraries>' GenerateSegments.java > segments.json
 */
public class GenerateSegments {
    static final HexFormat HEX = HexFormat.of();
    static final long START_MS = 1_450_000_000_000L;
    static final byte V0 = 0, V1 = 1, V2 = 2;

    final ByteBuffer buffer = ByteBuffer.allocate(1 << 16);
    final long baseOffset;
    long next;

    GenerateSegments(long baseOffset) {
        this.baseOffset = next = baseOffset;
    }

    static byte[] utf8(String text) {
        return text == null ? null : text.getBytes(StandardCharsets.UTF_8);
    }

    static String hex(ByteBuffer bytes) {
        if (bytes == null) return "null";
        byte[] copy = new byte[bytes.remaining()];
        bytes.duplicate().get(copy);
        return '"' + HEX.formatHex(copy) + '"';
    }

    /** `count` records, every third without a value, with `step` offsets from one to the next. */
    GenerateSegments add(byte magic, CompressionType codec, TimestampType type, int count, int step) {
        Compression compression = Compression.of(codec).build();
        MemoryRecordsBuilder builder = MemoryRecords.builder(buffer, magic, compression, type, next, START_MS + 777_000);
        for (int index = 0; index < count; index++) {
            long offset = next + (long) index * step;
            // Not ascending, so that the largest is not the last.
            long timestamp = magic == 0 ? -1 : START_MS + 1_000 * (offset ^ 1);
            byte[] key = offset % 5 == 4 ? null : utf8("key-" + offset % 7);
            byte[] value = offset % 3 == 2 ? null : utf8("value " + offset + " " + "·x".repeat((int) (offset % 20)));
            builder.appendWithOffset(offset, timestamp, key, value);
        }
        builder.build();
        next += (long) count * step;
        return this;
    }

    GenerateSegments addAll(byte magic, TimestampType type) {
        add(magic, CompressionType.NONE, type, 3, 1);
        add(magic, CompressionType.GZIP, type, 4, 1);
        add(magic, CompressionType.NONE, type, 2, 3);
        add(magic, CompressionType.SNAPPY, type, 5, 2);
        add(magic, CompressionType.LZ4, type, 20, 1);
        return add(magic, CompressionType.GZIP, type, 1, 1);
    }

    static String recordOf(Record record) {
        String text = "{\"offset\": " + record.offset() + ", \"timestamp\": " + record.timestamp()
            + ", \"key\": " + hex(record.key()) + ", \"value\": " + hex(record.value());
        if (record instanceof AbstractLegacyRecordBatch legacy) text += ", \"crc\": " + legacy.checksum();
        return text + "}";
    }

    /** What compaction writes when it drops nothing; the delete horizon of tombstones is 0 + 5000. */
    static String compacted(MutableRecordBatch batch) {
        ByteBuffer one = ByteBuffer.allocate(batch.sizeInBytes());
        batch.writeTo(new org.apache.kafka.common.utils.ByteBufferOutputStream(one));
        one.flip();
        MemoryRecords.FilterResult result = MemoryRecords.readableRecords(one).filterTo(new MemoryRecords.RecordFilter(0, 5_000) {
            @Override
            protected BatchRetentionResult checkBatchRetention(RecordBatch each) {
                return new BatchRetentionResult(BatchRetention.DELETE_EMPTY, false);
            }

            @Override
            protected boolean shouldRetainRecord(RecordBatch each, Record record) {
                return true;
            }
        }, ByteBuffer.allocate(1 << 16), BufferSupplier.NO_CACHING);
        ByteBuffer output = result.outputBuffer();
        output.flip();
        return hex(output);
    }

    String json(String name) {
        buffer.flip();
        StringJoiner entries = new StringJoiner(",\n      ");
        for (MutableRecordBatch batch : MemoryRecords.readableRecords(buffer).batches()) {
            StringJoiner records = new StringJoiner(",\n          ");
            for (Record record : batch) records.add(recordOf(record));
            entries.add("{\"magic\": " + batch.magic() + ", \"sizeInBytes\": " + batch.sizeInBytes() + ", \"baseOffset\": "
                + batch.baseOffset() + ", \"lastOffset\": " + batch.lastOffset() + ", \"maxTimestamp\": " + batch.maxTimestamp()
                + ", \"timestampType\": \"" + batch.timestampType() + "\", \"compression\": \"" + batch.compressionType().name
                + "\", \"crc\": " + batch.checksum()
                + ",\n        \"compacted\": " + compacted(batch)
                + ",\n        \"records\": [\n          " + records + "]}");
        }
        return "  {\"name\": \"" + name + "\", \"baseOffset\": " + baseOffset + ",\n    \"bytes\": " + hex(buffer)
            + ",\n    \"entries\": [\n      " + entries + "]}";
    }

    public static void main(String[] args) {
        List<String> out = new ArrayList<>();
        TimestampType create = TimestampType.CREATE_TIME;
        TimestampType append = TimestampType.LOG_APPEND_TIME;
        GenerateSegments format0 = new GenerateSegments(0).addAll(V0, TimestampType.NO_TIMESTAMP_TYPE);
        GenerateSegments format1 = new GenerateSegments(format0.next).addAll(V1, create);
        GenerateSegments appendTime = new GenerateSegments(format1.next).addAll(V1, append);
        GenerateSegments all = new GenerateSegments(appendTime.next)
            .add(V0, CompressionType.GZIP, TimestampType.NO_TIMESTAMP_TYPE, 3, 1)
            .add(V1, CompressionType.NONE, create, 3, 1)
            .add(V0, CompressionType.NONE, TimestampType.NO_TIMESTAMP_TYPE, 1, 1)
            .add(V1, CompressionType.LZ4, create, 3, 1)
            .add(V2, CompressionType.NONE, create, 3, 1)
            .add(V2, CompressionType.SNAPPY, create, 3, 1);
        out.add(format0.json("format 0"));
        out.add(format1.json("format 1"));
        out.add(appendTime.json("format 1, log-append time"));
        out.add(all.json("all formats"));
        System.out.println("[\n" + String.join(",\n", out) + "\n]");
    }
}
