// Prints one line of JSON per golden vector: {"message", "version", "bytes" in base64, "json" by Kafka's converter}.
//
// Every message class that Apache Kafka generates is found in the jars of the class path.  For each of its versions there is
// one vector with default values and some with random ones.  Which fields a version has is read from the SCHEMA_n constant of
// the class, so nothing here repeats the protocol.  The random numbers are seeded: the same jars give the same file.
import java.io.PrintStream;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.ParameterizedType;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.random.RandomGenerator;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.protocol.Message;
import org.apache.kafka.common.protocol.ObjectSerializationCache;
import org.apache.kafka.common.protocol.types.BoundField;
import org.apache.kafka.common.protocol.types.Schema;
import org.apache.kafka.common.protocol.types.TaggedFields;
import org.apache.kafka.common.protocol.types.Type;

public class GoldenVectors {
  static final Set<String> PACKAGES = Set.of("org/apache/kafka/common/message/", "org/apache/kafka/common/metadata/",
      "org/apache/kafka/coordinator/group/generated/", "org/apache/kafka/coordinator/transaction/generated/",
      "org/apache/kafka/coordinator/share/generated/");

  final RandomGenerator random;

  GoldenVectors(long seed) { random = new SplittableRandom(seed); }

  public static void main(String[] args) throws Exception {
    String release = args[0];
    PrintStream out = new PrintStream(System.out, false, StandardCharsets.UTF_8);
    for (Class<?> type : messageClasses().values()) {
      String name = type.getSimpleName().replaceAll("(Request|Response|Header)Data$", "$1");
      for (short version = lowest(type); version <= highest(type); ++version) {
        if (left(release, name, version)) continue;
        // The releases overlap: the older one adds fewer vectors.
        int vectors = release.startsWith("3.") ? 4 : 6;
        for (int i = 0; i < vectors; ++i) {
          GoldenVectors generator = new GoldenVectors(name.hashCode() * 10_000L + version * 100L + i);
          Message message = (Message) type.getConstructor().newInstance();
          if (i > 0) generator.fill(message, schema(type, version));
          print(out, name, type, message, version);
        }
      }
    }
    out.flush();
  }

  // What the broker does not speak, each for a reason.
  static boolean left(String release, String name, short version) {
    boolean old = release.startsWith("3.");
    // ZooKeeper's controller only; gone in 4.0.
    if (name.matches("(LeaderAndIsr|StopReplica|UpdateMetadata|ControlledShutdown)(Request|Response)")) return true;
    // Renamed ListConfigResources, whose version 0 is the same.
    if (name.startsWith("ListClientMetricsResources")) return true;
    // Not part of a log or of a connection: a JSON file, remote storage, a schema for documentation.
    if (name.matches("QuorumState|ControlRecordTypeSchema|ProducerSnapshot")) return true;
    // Early access in 3.9, changed since without a new version.
    if (old && name.matches(".*Share(Group|Fetch|Acknowledge).*")) return true;
    // Until 3.9 the keys carried their type as version.
    if (old && name.matches("(ConsumerGroup|Group|OffsetCommit|TransactionLog).*Key")) return true;
    // 4.0 gave the candidate's fields other names: the bytes are those of 4.3, the JSON is not.
    if (old && name.equals("VoteRequest")) return true;
    // Header version 0 was ControlledShutdown's.
    if (name.equals("RequestHeader") && version == 0) return true;
    // Unstable in 4.3: a broker serves it only when told to.
    return name.startsWith("InitProducerId") && version == 6;
  }

  static Map<String, Class<?>> messageClasses() throws Exception {
    Map<String, Class<?>> classes = new TreeMap<>();
    for (String path : System.getProperty("java.class.path").split(":")) {
      if (!path.endsWith(".jar")) continue;
      try (JarFile jar = new JarFile(path)) {
        for (JarEntry entry : (Iterable<JarEntry>) jar.stream()::iterator) {
          String name = entry.getName();
          int slash = name.lastIndexOf('/') + 1;
          if (!PACKAGES.contains(name.substring(0, slash)) || name.contains("$") || !name.endsWith(".class")) continue;
          Class<?> type = Class.forName(name.substring(0, name.length() - 6).replace('/', '.'));
          boolean concrete = !type.isInterface() && !Modifier.isAbstract(type.getModifiers());
          if (Message.class.isAssignableFrom(type) && concrete) classes.put(type.getSimpleName(), type);
        }
      }
    }
    return classes;
  }

  static short lowest(Class<?> type) throws Exception { return type.getField("LOWEST_SUPPORTED_VERSION").getShort(null); }
  static short highest(Class<?> type) throws Exception { return type.getField("HIGHEST_SUPPORTED_VERSION").getShort(null); }
  static Schema schema(Class<?> type, short version) throws Exception {
    return ((Schema[]) type.getField("SCHEMAS").get(null))[version];
  }

  static void print(PrintStream out, String name, Class<?> type, Message message, short version) throws Exception {
    Class<?> converter = Class.forName(type.getName() + "JsonConverter");
    // false: records are only counted, as Kafka's own request log does.
    Object json = converter.getMethod("write", type, short.class, boolean.class).invoke(null, message, version, false);
    ObjectSerializationCache cache = new ObjectSerializationCache();
    byte[] bytes = new byte[message.size(cache, version)];
    message.write(new ByteBufferAccessor(ByteBuffer.wrap(bytes)), cache, version);
    out.print("{\"message\":\"" + name + "\",\"version\":" + version + ",\"bytes\":\""
        + Base64.getEncoder().encodeToString(bytes) + "\",\"json\":" + json + "}\n");
  }

  void fill(Object target, Schema schema) throws Exception {
    for (BoundField field : schema.fields()) {
      if (field.def.type instanceof TaggedFields tagged) {
        for (org.apache.kafka.common.protocol.types.Field inner : fieldsOf(tagged)) {
          // Half of them: a tagged field at its default is another case.
          if (random.nextBoolean()) set(target, inner.name, inner.type);
        }
      } else {
        set(target, field.def.name, field.def.type);
      }
    }
  }

  @SuppressWarnings("unchecked")
  static Collection<org.apache.kafka.common.protocol.types.Field> fieldsOf(TaggedFields tagged) throws Exception {
    Field fields = TaggedFields.class.getDeclaredField("fields");
    fields.setAccessible(true);
    return ((Map<Integer, org.apache.kafka.common.protocol.types.Field>) fields.get(tagged)).values();
  }

  void set(Object target, String name, Type type) throws Exception {
    Method setter = setter(target.getClass(), name.replace("_", ""));
    Object value;
    do {
      value = value(type, setter.getParameterTypes()[0], setter.getGenericParameterTypes()[0]);
      // The only records that cannot be null: the schema type does not tell.
    } while (value == null && name.equals("unaligned_records"));
    setter.invoke(target, value);
  }

  static Method setter(Class<?> type, String name) {
    for (Method method : type.getMethods()) {
      if (method.getName().equalsIgnoreCase("set" + name) && method.getParameterCount() == 1) return method;
    }
    throw new IllegalStateException(type + " has no setter for " + name);
  }

  @SuppressWarnings("unchecked")
  Object value(Type type, Class<?> wanted, java.lang.reflect.Type generic) throws Exception {
    if (type.isNullable() && random.nextInt(4) == 0) return null;
    if (type.isArray()) {
      Type elementType = type.arrayElementType().get();
      Class<?> elementClass = elementClass(wanted, generic);
      Collection<Object> values = wanted == List.class ? new ArrayList<>()
          : (Collection<Object>) wanted.getConstructor().newInstance();
      for (int count = random.nextInt(4); count > 0; --count) values.add(value(elementType, elementClass, elementClass));
      return values;
    }
    if (type instanceof Schema schema) {
      Object struct = wanted.getConstructor().newInstance();
      fill(struct, schema);
      return struct;
    }
    if (wanted == boolean.class) return random.nextBoolean();
    if (wanted == byte.class || wanted == Byte.class) return (byte) number();
    if (wanted == short.class || wanted == Short.class) return (short) number();
    if (wanted == int.class || wanted == Integer.class) return type == Type.UINT16 ? (int) number() & 0xffff : (int) number();
    if (wanted == long.class || wanted == Long.class) return type == Type.UNSIGNED_INT32 ? number() & 0xffffffffL : number();
    if (wanted == double.class) return random.nextBoolean() ? random.nextInt(100) : random.nextGaussian() * 1e9;
    if (wanted == String.class) return text();
    if (wanted == Uuid.class) return new Uuid(random.nextLong(), random.nextLong());
    if (wanted == byte[].class) return bytes();
    if (wanted == ByteBuffer.class) return ByteBuffer.wrap(bytes());
    if (wanted.getSimpleName().equals("BaseRecords")) return records(bytes());
    throw new IllegalStateException("no random value for " + type + " as " + wanted);
  }

  // The class moved between the releases.
  static Object records(byte[] bytes) throws Exception {
    Class<?> type;
    try {
      type = Class.forName("org.apache.kafka.common.record.internal.MemoryRecords");
    } catch (ClassNotFoundException e) {
      type = Class.forName("org.apache.kafka.common.record.MemoryRecords");
    }
    return type.getMethod("readableRecords", ByteBuffer.class).invoke(null, ByteBuffer.wrap(bytes));
  }

  static Class<?> elementClass(Class<?> wanted, java.lang.reflect.Type generic) {
    java.lang.reflect.Type list = wanted == List.class ? generic : wanted.getGenericSuperclass();
    return (Class<?>) ((ParameterizedType) list).getActualTypeArguments()[0];
  }

  // Small, large and negative numbers, each as likely.
  long number() {
    return switch (random.nextInt(4)) {
      case 0 -> random.nextInt(8);
      case 1 -> -random.nextInt(8);
      case 2 -> random.nextInt(100_000);
      default -> random.nextLong();
    };
  }

  String text() {
    String alphabet = "abcdefghijklmnopqrstuvwxyz-._0123456789\"\\\n\u00e9\u4e16\ud83e\uddf5";
    StringBuilder text = new StringBuilder();
    int[] characters = alphabet.codePoints().toArray();
    // Now and then long enough for a length of two bytes.
    int length = random.nextInt(20) == 0 ? 200 : random.nextInt(12);
    for (int i = 0; i < length; ++i) text.appendCodePoint(characters[random.nextInt(characters.length)]);
    return text.toString();
  }

  byte[] bytes() {
    byte[] bytes = new byte[random.nextInt(24)];
    random.nextBytes(bytes);
    return bytes;
  }
}
