package io.portcullis.api.document;

import com.fasterxml.jackson.databind.JsonNode;
import java.lang.reflect.AnnotatedParameterizedType;
import java.lang.reflect.AnnotatedType;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Makes records out of trees and notes every mistake with its path: unknown and missing fields, wrong types. The record is the schema:
 * a component that is not {@code @Nullable} is required. A number is accepted where a text is asked for ({@code ports: [80]}), nothing
 * else is converted. Not thread-safe.
 */
final class StrictBinder {
    private final Problems problems;

    StrictBinder(Problems problems) {
        this.problems = problems;
    }

    /** The record, or empty if anything in it was wrong (then the problems say what). */
    <R extends Record> Optional<R> bind(JsonNode node, Class<R> type, String path) {
        int before = problems.count();
        @Nullable Object value = record(node, type, path);
        return value == null || problems.count() > before ? Optional.empty() : Optional.of(type.cast(value));
    }

    private @Nullable Object value(JsonNode node, AnnotatedType type, String path) {
        if (type instanceof AnnotatedParameterizedType parameterized) {
            AnnotatedType[] arguments = parameterized.getAnnotatedActualTypeArguments();
            return arguments.length == 1 ? list(node, arguments[0], path) : map(node, arguments[1], path);
        }
        Class<?> plain = (Class<?>) type.getType();
        if (plain == String.class) {
            return text(node, path);
        }
        if (plain == int.class || plain == Integer.class) {
            return node.isIntegralNumber() && node.canConvertToInt()
                    ? (Object) node.intValue()
                    : wrongType(node, "a whole number", path);
        }
        if (plain == long.class || plain == Long.class) {
            return node.isIntegralNumber() && node.canConvertToLong()
                    ? (Object) node.longValue()
                    : wrongType(node, "a whole number", path);
        }
        if (plain == Boolean.class || plain == boolean.class) {
            return node.isBoolean() ? (Object) node.booleanValue() : wrongType(node, "true or false", path);
        }
        if (plain == JsonNode.class) {
            return node;
        }
        if (plain.isRecord()) {
            return record(node, plain, path);
        }
        throw new IllegalStateException("a document may not hold a " + plain);
    }

    private @Nullable Object text(JsonNode node, String path) {
        return node.isTextual() || node.isIntegralNumber() ? node.asText() : wrongType(node, "a text", path);
    }

    private @Nullable Object list(JsonNode node, AnnotatedType element, String path) {
        if (!node.isArray()) {
            return wrongType(node, "a list", path);
        }
        List<@Nullable Object> values = new ArrayList<>(node.size());
        for (int index = 0; index < node.size(); index++) {
            values.add(value(node.get(index), element, path + "[" + index + "]"));
        }
        return values;
    }

    private @Nullable Object map(JsonNode node, AnnotatedType element, String path) {
        if (!node.isObject()) {
            return wrongType(node, "an object", path);
        }
        Map<String, @Nullable Object> values = new LinkedHashMap<>();
        node.properties()
                .forEach(each -> values.put(each.getKey(), value(each.getValue(), element, join(path, each.getKey()))));
        return values;
    }

    private @Nullable Object record(JsonNode node, Class<?> type, String path) {
        if (!node.isObject()) {
            return wrongType(node, "an object", path);
        }
        int before = problems.count();
        RecordSchema schema = RecordSchema.of(type);
        Set<String> meant = refuseUnknown(node, schema.names(), path);
        @Nullable Object[] arguments = new Object[schema.fields().size()];
        for (int index = 0; index < arguments.length; index++) {
            RecordSchema.Field field = schema.fields().get(index);
            JsonNode given = node.get(field.name());
            String fieldPath = join(path, field.name());
            if (given != null && !given.isNull()) {
                arguments[index] = value(given, field.type(), fieldPath);
            } else if (field.required() && !meant.contains(field.name())) {
                problems.add(fieldPath, "is required", "add " + field.name());
            }
        }
        return problems.count() == before ? schema.construct(arguments) : null;
    }

    /** Answers the fields that were probably meant, so that each mistake is reported once. */
    private Set<String> refuseUnknown(JsonNode node, List<String> known, String path) {
        Set<String> meant = new HashSet<>();
        for (Iterator<String> names = node.fieldNames(); names.hasNext(); ) {
            String name = names.next();
            if (known.contains(name)) {
                continue;
            }
            Optional<String> nearest = Nearest.to(name, known);
            nearest.ifPresent(meant::add);
            String hint = nearest.map(one -> "did you mean " + one + "?")
                    .orElseGet(() -> "known are " + String.join(", ", known));
            problems.add(join(path, Problems.shorten(name)), "is not a field that is known here", hint);
        }
        return meant;
    }

    private @Nullable Object wrongType(JsonNode node, String wanted, String path) {
        problems.add(path, "must be " + wanted + ", not " + describe(node), null);
        return null;
    }

    private static String describe(JsonNode node) {
        return switch (node.getNodeType()) {
            case OBJECT -> "an object";
            case ARRAY -> "a list";
            case STRING -> "the text '" + Problems.shorten(node.asText()) + "'";
            case NUMBER -> "the number " + Problems.shorten(node.asText());
            case BOOLEAN -> node.asText();
            case NULL, MISSING -> "nothing";
            case BINARY, POJO -> "binary data";
        };
    }

    private static String join(String path, String name) {
        return path.isEmpty() ? name : path + "." + name;
    }
}
