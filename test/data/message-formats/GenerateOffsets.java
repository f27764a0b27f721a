import java.nio.ByteBuffer;
import java.util.HexFormat;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.protocol.Message;
import org.apache.kafka.common.protocol.MessageUtil;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.record.internal.*;
import org.apache.kafka.coordinator.group.generated.*;

/**
 * Prints messages of formats 0 and 1 as an old cluster has them in `__consumer_offsets`, made by Apache Kafka's own classes:
 * java -cp '<the broker's libraries>' GenerateOffsets.java > offsets.json
 */
public class GenerateOffsets {
    static final long LATE_MS = 4_102_444_800_000L;
    final ByteBuffer buffer = ByteBuffer.allocate(1 << 16);
    MemoryRecordsBuilder builder;
    long next;

    static byte[] versioned(int prefix, int version, Message message) {
        ByteBuffer bytes = MessageUtil.toVersionPrefixedByteBuffer((short) version, message);
        byte[] copy = new byte[bytes.remaining()];
        bytes.get(copy);
        if (prefix >= 0) ByteBuffer.wrap(copy).putShort((short) prefix);
        return copy;
    }

    void begin(int magic, CompressionType codec) {
        builder = MemoryRecords.builder(buffer, (byte) magic, Compression.of(codec).build(), TimestampType.CREATE_TIME, next);
    }

    void put(int magic, byte[] key, byte[] value) {
        builder.appendWithOffset(next++, magic == 0 ? -1 : 1_450_000_000_000L, key, value);
    }

    static byte[] commitKey(int type, String group, int partition) {
        return versioned(type, 0, new OffsetCommitKey().setGroup(group).setTopic("t").setPartition(partition));
    }

    static byte[] commit(int version, long offset) {
        OffsetCommitValue value = new OffsetCommitValue().setOffset(offset).setMetadata("of version " + version).setCommitTimestamp(LATE_MS);
        return versioned(-1, version, value);
    }

    void one(int magic, byte[] key, byte[] value) {
        begin(magic, CompressionType.NONE);
        put(magic, key, value);
        builder.build();
    }

    public static void main(String[] args) {
        GenerateOffsets all = new GenerateOffsets();
        // Type 0 and 1 are one: an offset.
        all.one(0, commitKey(0, "plain-0", 0), commit(0, 5));
        all.one(0, commitKey(1, "plain-0", 1), commit(1, 6));
        all.one(1, commitKey(1, "plain-1", 0), commit(1, 7));
        all.begin(0, CompressionType.GZIP);
        all.put(0, commitKey(1, "packed-0", 0), commit(1, 8));
        all.put(0, commitKey(1, "packed-0", 1), commit(1, 9));
        all.builder.build();
        all.begin(1, CompressionType.SNAPPY);
        all.put(1, commitKey(1, "packed-1", 0), commit(1, 10));
        all.put(1, commitKey(1, "packed-1", 1), commit(1, 11));
        all.put(1, commitKey(1, "packed-1", 0), commit(1, 12));
        all.builder.build();
        // Forgotten again: in a message of its own, and in one beside another.
        all.one(0, commitKey(1, "plain-0", 1), null);
        all.begin(1, CompressionType.GZIP);
        all.put(1, commitKey(1, "packed-1", 1), null);
        all.put(1, commitKey(1, "packed-1", 2), commit(1, 13));
        all.builder.build();
        byte[] groupKey = versioned(2, 0, new GroupMetadataKey().setGroup("members"));
        GroupMetadataValue group = new GroupMetadataValue().setProtocolType("consumer").setGeneration(3).setProtocol("range").setLeader("m-1");
        group.members().add(new GroupMetadataValue.MemberMetadata().setMemberId("m-1").setClientId("c").setClientHost("/127.0.0.1")
            .setSessionTimeout(1_800_000).setSubscription(new byte[] {0, 0, 0, 0, 0, 1, 0, 1, 't', -1, -1, -1, -1})
            .setAssignment(new byte[] {0, 0, 0, 0, 0, 1, 0, 1, 't', 0, 0, 0, 1, 0, 0, 0, 0, -1, -1, -1, -1}));
        all.one(0, groupKey, versioned(-1, 0, group));
        // What no version knows.
        all.one(1, new byte[] {0, 99, 1, 2}, new byte[] {0, 0});
        all.one(1, commitKey(1, "members", 0), commit(1, 14));
        all.buffer.flip();
        byte[] bytes = new byte[all.buffer.remaining()];
        all.buffer.get(bytes);
        System.out.println("{ \"end\": " + all.next + ", \"bytes\": \"" + HexFormat.of().formatHex(bytes) + "\" }");
    }
}
