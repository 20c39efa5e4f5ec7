// Writes batches.json: what Apache's own MemoryRecordsBuilder makes of inputs that the file describes.
// Run by make_batches.sh; read by tests/wire/records/golden_batches_test.cc.
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.stream.Collectors;

import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.message.LeaderChangeMessage;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.record.internal.ControlRecordType;
import org.apache.kafka.common.record.internal.EndTransactionMarker;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MemoryRecordsBuilder;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.common.utils.ByteBufferOutputStream;

public class MakeBatches {
    // A key or value is named by what it is made from, so that the file stays small.
    record Field(String kind, int seed, int size) {
        byte[] bytes() {
            if (kind.equals("null")) return null;
            byte[] out = new byte[size];
            long state = seed;
            for (int i = 0; i < size; i++) {
                if (kind.equals("random")) {
                    state = state * 6364136223846793005L + 1442695040888963407L;
                    out[i] = (byte) (state >>> 33);
                } else {
                    out[i] = (byte) ('a' + (seed + i / 7) % 26);
                }
            }
            return out;
        }

        String json() {
            return kind.equals("null") ? "null" : "[\"" + kind + "\"," + seed + "," + size + "]";
        }
    }

    static final Field NULL = new Field("null", 0, 0);

    static Field text(int seed, int size) {
        return new Field("text", seed, size);
    }

    static Field random(int seed, int size) {
        return new Field("random", seed, size);
    }

    record Entry(long offset, long timestamp, Field key, Field value, List<Field[]> headers) {
        String json() {
            String list = headers.stream().map(h -> "[" + h[0].json() + "," + h[1].json() + "]").collect(Collectors.joining(","));
            return "[" + offset + "," + timestamp + "," + key.json() + "," + value.json() + ",[" + list + "]]";
        }

        Header[] kafkaHeaders() {
            return headers.stream()
                .map(h -> (Header) new RecordHeader(new String(h[0].bytes(), StandardCharsets.UTF_8), h[1].bytes()))
                .toArray(Header[]::new);
        }
    }

    static class Case {
        String name;
        byte magic = 2;
        String codec = "none";
        Integer level;
        long baseOffset = 0;
        Long logAppendTime;
        long producerId = -1;
        short producerEpoch = -1;
        int baseSequence = -1;
        boolean transactional;
        int leaderEpoch = -1;
        long deleteHorizon = -1;
        List<Entry> entries = new ArrayList<>();

        Case(String name) {
            this.name = name;
        }

        Compression compression() {
            switch (codec) {
                case "gzip": return level == null ? Compression.gzip().build() : Compression.gzip().level(level).build();
                case "snappy": return Compression.snappy().build();
                case "lz4": return level == null ? Compression.lz4().build() : Compression.lz4().level(level).build();
                case "zstd": return level == null ? Compression.zstd().build() : Compression.zstd().level(level).build();
                default: return Compression.NONE;
            }
        }

        String json() {
            TimestampType type = magic == 0 ? TimestampType.NO_TIMESTAMP_TYPE
                : logAppendTime == null ? TimestampType.CREATE_TIME : TimestampType.LOG_APPEND_TIME;
            MemoryRecordsBuilder builder = new MemoryRecordsBuilder(new ByteBufferOutputStream(1024), magic, compression(), type, baseOffset,
                logAppendTime == null ? RecordBatch.NO_TIMESTAMP : logAppendTime, producerId, producerEpoch, baseSequence,
                transactional, false, leaderEpoch, Integer.MAX_VALUE, deleteHorizon);
            for (Entry e : entries) {
                ByteBuffer key = e.key.bytes() == null ? null : ByteBuffer.wrap(e.key.bytes());
                ByteBuffer value = e.value.bytes() == null ? null : ByteBuffer.wrap(e.value.bytes());
                builder.appendWithOffset(e.offset, e.timestamp, key, value, e.kafkaHeaders());
            }
            return "{\"name\":\"" + name + "\",\"magic\":" + magic + ",\"codec\":\"" + codec + "\",\"level\":" + level
                + ",\"base_offset\":" + baseOffset + ",\"log_append_time\":" + logAppendTime + ",\"producer_id\":" + producerId
                + ",\"producer_epoch\":" + producerEpoch + ",\"base_sequence\":" + baseSequence
                + ",\"transactional\":" + transactional + ",\"leader_epoch\":" + leaderEpoch
                + ",\"delete_horizon\":" + deleteHorizon + ",\"records\":["
                + entries.stream().map(Entry::json).collect(Collectors.joining(",")) + "],\"bytes\":\""
                + base64(builder.build()) + "\"}";
        }
    }

    static String base64(MemoryRecords records) {
        ByteBuffer buffer = records.buffer().duplicate();
        byte[] bytes = new byte[buffer.remaining()];
        buffer.get(bytes);
        return Base64.getEncoder().encodeToString(bytes);
    }

    static Entry plain(long offset, Field key, Field value) {
        return new Entry(offset, 1_700_000_000_000L + offset * 3, key, value, List.of());
    }

    static void mixed(Case c, boolean headers) {
        long o = c.baseOffset;
        c.entries.add(new Entry(o, 1_700_000_000_123L, text(1, 5), text(2, 40), List.of()));
        c.entries.add(new Entry(o + 1, 1_700_000_000_001L, NULL, text(3, 300), List.of()));
        c.entries.add(new Entry(o + 2, 1_700_000_500_000L, text(4, 7), NULL, List.of()));
        c.entries.add(new Entry(o + 3, 1_700_000_000_124L, NULL, NULL, List.of()));
        c.entries.add(new Entry(o + 4, 1_700_000_000_125L, text(5, 0), text(6, 0), List.of()));
        if (headers) {
            c.entries.add(new Entry(o + 5, 1_700_000_000_126L, text(7, 70), text(8, 1000),
                List.of(new Field[] {text(9, 6), text(10, 12)}, new Field[] {text(9, 6), NULL}, new Field[] {text(0, 0), text(0, 0)})));
        }
    }

    static List<Case> cases() {
        List<Case> all = new ArrayList<>();
        for (String codec : List.of("none", "gzip", "snappy", "lz4", "zstd")) {
            Case small = new Case("mixed_" + codec);
            small.codec = codec;
            mixed(small, true);
            all.add(small);

            Case large = new Case("large_" + codec);
            large.codec = codec;
            for (int i = 0; i < 60; i++) large.entries.add(plain(i, text(i, 10), text(i, codec.equals("none") ? 200 : 5000)));
            all.add(large);

            if (codec.equals("none")) continue;
            Case noise = new Case("random_" + codec);
            noise.codec = codec;
            noise.entries.add(plain(0, NULL, random(17, codec.equals("lz4") ? 70_000 : 9_000)));
            all.add(noise);
        }
        for (String[] leveled : new String[][] {{"gzip", "1"}, {"gzip", "9"}, {"lz4", "3"}, {"lz4", "17"}, {"zstd", "-5"}, {"zstd", "19"}}) {
            Case c = new Case("level_" + leveled[0] + "_" + leveled[1]);
            c.codec = leveled[0];
            c.level = Integer.valueOf(leveled[1]);
            mixed(c, true);
            all.add(c);
        }
        Case idempotent = new Case("idempotent");
        idempotent.producerId = 4_000_000_001L;
        idempotent.producerEpoch = 7;
        idempotent.baseSequence = Integer.MAX_VALUE - 2;
        idempotent.baseOffset = 1_000_000_000_000L;
        idempotent.leaderEpoch = 12;
        mixed(idempotent, true);
        all.add(idempotent);

        Case transactional = new Case("transactional_zstd");
        transactional.codec = "zstd";
        transactional.producerId = 5;
        transactional.producerEpoch = 0;
        transactional.baseSequence = 0;
        transactional.transactional = true;
        mixed(transactional, true);
        all.add(transactional);

        for (String codec : List.of("none", "lz4")) {
            Case appended = new Case("log_append_time_" + codec);
            appended.codec = codec;
            appended.logAppendTime = 1_700_001_000_000L;
            mixed(appended, true);
            all.add(appended);
        }
        Case gaps = new Case("offset_gaps");
        gaps.baseOffset = 100;
        gaps.entries.add(plain(103, text(1, 3), text(1, 3)));
        gaps.entries.add(plain(164, text(2, 3), text(2, 3)));
        gaps.entries.add(plain(9000, text(3, 3), text(3, 3)));
        all.add(gaps);

        Case horizon = new Case("delete_horizon");
        horizon.deleteHorizon = 1_700_002_000_000L;
        mixed(horizon, true);
        all.add(horizon);

        Case timeless = new Case("no_timestamps");
        timeless.entries.add(new Entry(0, -1, text(1, 1), text(1, 1), List.of()));
        timeless.entries.add(new Entry(1, -1, text(2, 1), text(2, 1), List.of()));
        all.add(timeless);

        for (byte magic = 0; magic < 2; magic++) {
            for (String codec : List.of("none", "gzip", "snappy", "lz4")) {
                Case legacy = new Case("magic" + magic + "_" + codec);
                legacy.magic = magic;
                legacy.codec = codec;
                legacy.baseOffset = 500;
                mixed(legacy, false);
                all.add(legacy);
            }
        }
        Case legacyAppended = new Case("magic1_log_append_time_gzip");
        legacyAppended.magic = 1;
        legacyAppended.codec = "gzip";
        legacyAppended.logAppendTime = 1_700_001_000_000L;
        mixed(legacyAppended, false);
        all.add(legacyAppended);
        return all;
    }

    public static void main(String[] args) throws Exception {
        List<String> lines = new ArrayList<>();
        for (Case c : cases()) lines.add(c.json());
        String commit = base64(MemoryRecords.withEndTransactionMarker(77, 1_700_000_000_000L, 3, 42, (short) 5,
            new EndTransactionMarker(ControlRecordType.COMMIT, 9)));
        String abort = base64(MemoryRecords.withEndTransactionMarker(78, 1_700_000_000_001L, 3, 43, (short) 6,
            new EndTransactionMarker(ControlRecordType.ABORT, 10)));
        LeaderChangeMessage change = new LeaderChangeMessage().setVersion((short) 0).setLeaderId(1)
            .setVoters(List.of(new LeaderChangeMessage.Voter().setVoterId(1)));
        String leader = base64(MemoryRecords.withLeaderChangeMessage(11, 1_700_000_000_002L, 4, ByteBuffer.allocate(512), change));
        try (PrintStream out = new PrintStream(args[0], StandardCharsets.UTF_8)) {
            out.println("{\"commit\":\"" + commit + "\",\n\"abort\":\"" + abort + "\",\n\"leader_change\":\"" + leader + "\",\n\"batches\":[");
            out.println(String.join(",\n", lines));
            out.println("]}");
        }
    }
}
