package io.portcullis.api.document;

import com.fasterxml.jackson.databind.JsonNode;
import io.portcullis.api.ExclusionSpec;
import io.portcullis.api.FieldProblem;
import io.portcullis.api.GroupSpec;
import io.portcullis.api.Metadata;
import io.portcullis.api.PolicySpec;
import io.portcullis.api.Resource;
import io.portcullis.api.SegmentSpec;
import io.portcullis.api.ServiceSpec;
import io.portcullis.api.StagedPolicySpec;
import io.portcullis.api.TenantSpec;
import io.portcullis.api.VmSpec;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Reads documents that people write: one or several, JSON or YAML. Strict: an unknown
 * field, a wrong type, a duplicate key is a mistake, and all mistakes are reported at once, with line and column. Bounded in size,
 * depth and count; YAML aliases are refused. Stateless; texts of many
 * documents are read by several threads of the common pool.
 */
public final class Documents {
    /** Kinds of documents by the type of their {@code spec}, in the order in which they depend on each other. */
    public static final Map<String, Class<? extends Record>> KINDS = kinds();

    /** Largest text, in bytes of UTF-8. */
    public static final int MAX_BYTES = 128 * 1024 * 1024;
    /** Largest document of several in a text, likewise: a parser may have as much in its hands at once. */
    public static final int MAX_DOCUMENT_BYTES = 32 * 1024 * 1024;
    /** Longest line of YAML, likewise. */
    public static final int MAX_LINE_BYTES = 256 * 1024;
    /** Most documents in one text: all that a tenant can have, and some more. */
    public static final int MAX_DOCUMENTS = 400_000;
    /** Deepest nesting of objects and lists. */
    public static final int MAX_DEPTH = 64;

    private Documents() {}

    private static Map<String, Class<? extends Record>> kinds() {
        Map<String, Class<? extends Record>> kinds = new LinkedHashMap<>();
        kinds.put("Tenant", TenantSpec.class);
        kinds.put("Segment", SegmentSpec.class);
        kinds.put("Service", ServiceSpec.class);
        kinds.put("Group", GroupSpec.class);
        kinds.put("Vm", VmSpec.class);
        kinds.put("Policy", PolicySpec.class);
        kinds.put("StagedPolicy", StagedPolicySpec.class);
        kinds.put("Exclusion", ExclusionSpec.class);
        return java.util.Collections.unmodifiableMap(kinds);
    }

    /**
     * Reads one object as the body of a request.
     *
     * @throws InvalidDocumentException if it is malformed, too large, or not exactly one object of that shape
     */
    public static <R extends Record> R readOne(byte[] text, Format format, Class<R> type)
            throws InvalidDocumentException {
        return readOne(ParsedText.parse(text, format), type);
    }

    private static <R extends Record> R readOne(ParsedText parsed, Class<R> type) throws InvalidDocumentException {
        if (parsed.documents().size() != 1) {
            throw new InvalidDocumentException(List.of(new FieldProblem(
                    "",
                    "one document is expected, but there are "
                            + parsed.documents().size(),
                    null)));
        }
        Problems problems = new Problems(problem -> parsed.locate(0, problem));
        Optional<R> value = new StrictBinder(problems).bind(parsed.documents().getFirst(), type, "");
        return value.orElseThrow(() -> new InvalidDocumentException(problems.kept()));
    }

    /**
     * Reads one resource for its address: its bare {@code spec}, or the whole with {@code kind}, {@code metadata} and {@code spec}.
     *
     * @param name that the address has; the whole's metadata must have it too
     */
    public static Located readSpec(byte[] text, Format format, String kind, String name, Class<? extends Record> type)
            throws InvalidDocumentException {
        ParsedText parsed = ParsedText.parse(text, format);
        boolean whole =
                parsed.documents().size() == 1 && parsed.documents().getFirst().has("kind");
        if (!whole) {
            Record spec = readOne(parsed, type);
            return new Located(
                    new Resource<>(kind, new Metadata(name), spec), "", problem -> parsed.locate(0, bare(problem)));
        }
        Located document = readAll(parsed).getFirst();
        if (!document.resource().kind().equals(kind)) {
            throw mistake("kind", "is " + document.resource().kind() + ", but this address takes a " + kind);
        }
        String named = document.resource().metadata().name();
        if (!named.equals(name)) {
            throw mistake("metadata.name", "is '" + Problems.shorten(named) + "', but the address says '" + name + "'");
        }
        return document;
    }

    /** In a bare spec there is no {@code spec.} */
    private static FieldProblem bare(FieldProblem problem) {
        String path = problem.path();
        String shorter = path.equals("spec") ? "" : path.startsWith("spec.") ? path.substring(5) : path;
        return new FieldProblem(shorter, problem.message(), problem.hint());
    }

    /**
     * Reads all documents of a text, in their order. Empty ones are skipped. The paths of problems begin with {@code documents[n]} if there
     * is more than one.
     */
    public static List<Located> readAll(byte[] text, Format format) throws InvalidDocumentException {
        return joined(ParsedText.read(text, format, Collector::new));
    }

    private static List<Located> readAll(ParsedText parsed) throws InvalidDocumentException {
        Collector collector = new Collector();
        for (int index = 0; index < parsed.documents().size(); index++) {
            collector.accept(parsed.documents().get(index), parsed.places().get(index));
        }
        return joined(List.of(collector));
    }

    private record Read(int index, Resource<?> resource, Places places) {}

    private record Mistake(int index, FieldProblem problem) {}

    /** Turns the trees of a part of a text into resources, one by one; keeps the places, not the trees. One thread. */
    private static final class Collector implements ParsedText.Sink {
        private final List<Read> read = new ArrayList<>();
        private final List<Mistake> mistakes = new ArrayList<>();
        private int count;

        @Override
        public void accept(JsonNode document, Places places) {
            int index = count++;
            Problems problems = new Problems(problem -> ParsedText.locate(places, problem));
            Resource<?> resource = envelope(document, problems);
            if (resource != null) {
                read.add(new Read(index, resource, places));
            }
            if (mistakes.size() < Problems.MAX_KEPT) {
                problems.kept().forEach(problem -> mistakes.add(new Mistake(index, problem)));
            }
        }
    }

    /** What all parts of a text have, with one count of documents. */
    private static List<Located> joined(List<Collector> parts) throws InvalidDocumentException {
        List<Read> read = new ArrayList<>();
        List<Mistake> mistakes = new ArrayList<>();
        int count = 0;
        for (Collector part : parts) {
            int before = count;
            part.read.forEach(each -> read.add(new Read(before + each.index(), each.resource(), each.places())));
            part.mistakes.forEach(each -> mistakes.add(new Mistake(before + each.index(), each.problem())));
            count += part.count;
        }
        mistakes.addAll(repeated(read));
        boolean several = count > 1;
        if (!mistakes.isEmpty()) {
            throw new InvalidDocumentException(mistakes.stream()
                    .sorted(Comparator.comparingInt(Mistake::index))
                    .limit(Problems.MAX_KEPT)
                    .map(mistake -> Located.prefixed(prefix(mistake.index(), several), mistake.problem()))
                    .toList());
        }
        if (read.isEmpty()) {
            throw mistake("", "there is no document in it");
        }
        return read.stream()
                .map(each -> new Located(
                        each.resource(),
                        prefix(each.index(), several),
                        problem -> ParsedText.locate(each.places(), problem)))
                .toList();
    }

    /** Those whose names earlier ones have. */
    private static List<Mistake> repeated(List<Read> read) {
        Map<String, Integer> seen = new HashMap<>();
        List<Mistake> mistakes = new ArrayList<>();
        for (Read each : read) {
            Resource<?> resource = each.resource();
            Integer earlier =
                    seen.putIfAbsent(resource.kind() + " " + resource.metadata().name(), each.index());
            if (earlier != null) {
                FieldProblem problem = new FieldProblem(
                        "metadata.name", "is the name of documents[" + earlier + "] too", "give each one once");
                mistakes.add(new Mistake(each.index(), ParsedText.locate(each.places(), problem)));
            }
        }
        return mistakes;
    }

    private static String prefix(int index, boolean several) {
        return several ? "documents[" + index + "]" : "";
    }

    private static @Nullable Resource<?> envelope(JsonNode node, Problems problems) {
        Optional<Envelope> envelope = new StrictBinder(problems).bind(node, Envelope.class, "");
        if (envelope.isEmpty()) {
            return null;
        }
        String kind = envelope.get().kind();
        Class<? extends Record> type = KINDS.get(kind);
        if (type == null) {
            problems.add(
                    "kind",
                    "'" + Problems.shorten(kind) + "' is not a kind of document",
                    Nearest.to(kind, KINDS.keySet())
                            .map(nearest -> "did you mean " + nearest + "?")
                            .orElse("known are " + String.join(", ", KINDS.keySet())));
            return null;
        }
        Metadata metadata = envelope.get().metadata();
        return new StrictBinder(problems)
                .bind(envelope.get().spec(), type, "spec")
                .map(spec -> new Resource<Record>(kind, metadata, spec))
                .orElse(null);
    }

    private static InvalidDocumentException mistake(String path, String message) {
        return new InvalidDocumentException(List.of(new FieldProblem(path, message, null)));
    }

    /**
     * The outer shape of a document.
     *
     * @param status of one that was read and comes back; ignored
     */
    record Envelope(
            String kind,
            Metadata metadata,
            JsonNode spec,
            @Nullable JsonNode status) {}
}
