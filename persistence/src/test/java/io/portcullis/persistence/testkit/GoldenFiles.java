package io.portcullis.persistence.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Supplier;

/**
 * Stored formats as builds have written them, under {@code src/test/resources/golden}, never changed. With {@code -Dportcullis.golden=write} what is missing is
 * written; without, it fails the test.
 */
public final class GoldenFiles {
    private static final Path ROOT = Path.of("src/test/resources/golden");
    /** Keeps every digit of a time. */
    public static final ObjectMapper JSON = JsonMapper.builder()
            .enable(SerializationFeature.INDENT_OUTPUT)
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .build();

    private static final String ADVICE =
            "; if builds before this one need not read it, or do by a default, write a golden file: run this test with"
                    + " -Dportcullis.golden=write";

    private GoldenFiles() {}

    /** How a value is stored, and read again. */
    public interface Codec {
        JsonNode write(Object value) throws IOException;

        Object read(JsonNode stored) throws IOException;
    }

    /**
     * Every record in the numbered files of the folder is read as the sample of its name; and the newest record of each name has the fields that are written now. A file
     * that is written has only the records that the files before it lack.
     *
     * @param samples by names; none is ever changed or removed, as there are files with it
     */
    public static void check(String folder, Map<String, ?> samples, Codec codec) throws IOException {
        Map<String, JsonNode> newest = new TreeMap<>();
        int number = 1;
        for (; Files.exists(file(folder, number)); number++) {
            JsonNode records = JSON.readTree(file(folder, number).toFile());
            for (Map.Entry<String, JsonNode> stored : records.properties()) {
                assertThat(codec.read(stored.getValue()))
                        .as("%s of %s", stored.getKey(), file(folder, number))
                        .isEqualTo(samples.get(stored.getKey()));
                newest.put(stored.getKey(), stored.getValue());
            }
        }
        ObjectNode missing = JSON.createObjectNode();
        for (Map.Entry<String, ?> sample : new TreeMap<>(samples).entrySet()) {
            JsonNode now = codec.write(sample.getValue());
            JsonNode before = newest.get(sample.getKey());
            if (before == null || !fields(before).equals(fields(now))) {
                missing.set(sample.getKey(), now);
            }
        }
        if (mayWrite() && !missing.isEmpty()) {
            Files.createDirectories(ROOT.resolve(folder));
            Files.writeString(file(folder, number), JSON.writeValueAsString(missing) + "\n");
        } else {
            assertThat(missing)
                    .as("what is stored otherwise than before, or for the first time" + ADVICE)
                    .isEmpty();
        }
    }

    /** The content of a file; where there is none, what the supplier gives is written. */
    public static byte[] bytes(String name, Supplier<byte[]> now) throws IOException {
        Path file = ROOT.resolve(name);
        if (!Files.exists(file)) {
            assertThat(mayWrite()).as(file + " is missing" + ADVICE).isTrue();
            Files.createDirectories(file.getParent());
            Files.write(file, now.get());
        }
        return Files.readAllBytes(file);
    }

    private static boolean mayWrite() {
        return "write".equals(System.getProperty("portcullis.golden"));
    }

    private static Path file(String folder, int number) {
        return ROOT.resolve(folder).resolve(number + ".json");
    }

    /** All paths to values; elements of a list have one path. */
    private static Set<String> fields(JsonNode node) throws JsonProcessingException {
        Set<String> paths = new TreeSet<>();
        collect("", node, paths);
        return paths;
    }

    private static void collect(String path, JsonNode node, Set<String> paths) {
        if (node.isObject()) {
            node.properties().forEach(field -> collect(path + "/" + field.getKey(), field.getValue(), paths));
        } else if (node.isArray()) {
            node.forEach(element -> collect(path + "[]", element, paths));
        } else {
            paths.add(path);
        }
    }
}
