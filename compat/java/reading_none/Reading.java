import java.io.File;

/** Before 0.9 there was no consumer in this client. */
final class Reading {
    static void consume(String bootstrap, String topic, String group, String path, File stop) {
        throw new UnsupportedOperationException("another client reads for this one");
    }
}
