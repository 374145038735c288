// Which partition Java's producer chooses for a key, of 7 and of 12.
//
//     java -cp 'JARS/*' Murmur2.java > murmur2.txt
//
// where JARS has kafka-clients.

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.PrintStream;
import org.apache.kafka.clients.producer.internals.BuiltInPartitioner;

class Murmur2 {
    public static void main(String[] args) {
        PrintStream out = new PrintStream(System.out, true, UTF_8);
        StringBuilder key = new StringBuilder();
        for (int i = 1; i <= 60; i++) {
            key.append((char) ('a' + i * 7 % 26));
            if (i % 9 == 0) key.append('\u00e9');
            byte[] bytes = key.toString().getBytes(UTF_8);
            int seven = BuiltInPartitioner.partitionForKey(bytes, 7);
            int twelve = BuiltInPartitioner.partitionForKey(bytes, 12);
            out.println(key + " " + seven + " " + twelve);
        }
    }
}
