// Writes the message sets that producers of old kafka-clients send, one a line: client, codec, messages, bytes.
// Run by make_old_sets.sh with each client's jars; read by tests/wire/records/old_message_sets_test.cc.
import java.lang.reflect.Method;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import org.apache.kafka.common.record.CompressionType;
import org.apache.kafka.common.record.MemoryRecords;

public class OldMessageSets {
    static final long TIME = 1_700_000_000_000L;
    static final String[][] MESSAGES = {
        {"user-1", "{\"id\": 1, \"text\": \"first\"}"}, {null, "no key"}, {"user-2", ""}, {"", "\u2b50 \u2014 not ASCII"},
        {"user-1", "{\"id\": 2, \"text\": \"first first first first first first first first first\"}"}};

    static byte[] bytes(String text) {
        return text == null ? null : text.getBytes(StandardCharsets.UTF_8);
    }

    public static void main(String[] args) throws Exception {
        for (String codec : new String[] {"none", "gzip", "snappy", "lz4"}) {
            // The producer's RecordAccumulator does the same, with the offsets counted from 0.
            MemoryRecords records = MemoryRecords.emptyRecords(ByteBuffer.allocate(4096), CompressionType.forName(codec));
            Method append = null;
            for (Method method : MemoryRecords.class.getMethods()) {
                boolean fields = method.getName().equals("append") && method.getParameterCount() >= 3;
                if (fields && method.getParameterTypes()[0] == long.class) append = method;
            }
            boolean timestamps = append.getParameterCount() == 4;
            for (int i = 0; i < MESSAGES.length; i++) {
                byte[] key = bytes(MESSAGES[i][0]);
                byte[] value = bytes(MESSAGES[i][1]);
                if (timestamps) {
                    append.invoke(records, (long) i, TIME + i, key, value);
                } else {
                    append.invoke(records, (long) i, key, value);
                }
            }
            records.close();
            ByteBuffer buffer = records.buffer().duplicate();
            if (buffer.position() != 0) buffer.flip();  // 0.8 leaves that to its Sender
            byte[] set = new byte[buffer.remaining()];
            buffer.get(set);
            StringBuilder list = new StringBuilder();
            for (String[] message : MESSAGES) {
                String key = message[0] == null ? "null" : "\"" + base64(bytes(message[0])) + "\"";
                list.append(list.length() == 0 ? "" : ",").append("[" + key + ",\"" + base64(bytes(message[1])) + "\"]");
            }
            System.out.println("{\"client\":\"" + args[0] + "\",\"codec\":\"" + codec + "\",\"first_timestamp\":"
                + (timestamps ? TIME : -1) + ",\"messages\":[" + list + "],\"bytes\":\"" + base64(set) + "\"}");
        }
    }

    static String base64(byte[] bytes) {
        return Base64.getEncoder().encodeToString(bytes);
    }
}
