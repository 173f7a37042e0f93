package io.portcullis.admin.document;

import io.portcullis.api.FieldProblem;
import io.portcullis.api.PolicySpec;
import io.portcullis.api.Resource;
import io.portcullis.api.ServiceSpec;
import io.portcullis.api.StagedPolicySpec;
import io.portcullis.policy.model.Problem;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Finds the place in a document that a problem of the model speaks of: {@code /policies/web/rules/2/services/0} is
 * {@code spec.rules[2].services[0]} of the Policy {@code web}.
 */
public final class DocumentPaths {
    private static final String STAGED = "staged";

    private static final Map<String, String> KINDS = Map.of(
            "segments",
            "Segment",
            "services",
            "Service",
            "groups",
            "Group",
            "vms",
            "Vm",
            "policies",
            "Policy",
            STAGED,
            "StagedPolicy",
            "exclusions",
            "Exclusion");

    private DocumentPaths() {}

    /** The object that the problem speaks of, as {@code Policy/web}; empty if it speaks of the tenant as a whole. */
    public static Optional<String> title(Problem problem) {
        List<String> parts = parts(problem.path());
        String kind = parts.isEmpty() ? null : KINDS.get(parts.get(0));
        return kind == null || parts.size() < 2 ? Optional.empty() : Optional.of(kind + "/" + parts.get(1));
    }

    /** Whether it says that the tenant would have more than its quota allows. Such problems stand alone: there is no other one then. */
    public static boolean isQuota(Problem problem) {
        return parts(problem.path()).getFirst().equals("quota");
    }

    /** The name of the object that the problem speaks of. */
    public static Optional<String> name(Problem problem) {
        return title(problem).map(title -> title.substring(title.indexOf('/') + 1));
    }

    /** A problem of a staged policy as one of the policy itself; any other as it is. */
    public static Problem ofPolicy(Problem problem) {
        List<String> parts = parts(problem.path());
        if (parts.size() < 2 || !parts.getFirst().equals(STAGED)) {
            return problem;
        }
        String[] pieces = problem.path().split("/", 5);
        String rest = pieces.length < 5 ? "" : "/" + pieces[4];
        return new Problem("/policies/" + pieces[2] + rest, problem.message(), problem.hint());
    }

    /** The problem with a path within that document, or empty if it speaks of something else. */
    public static Optional<FieldProblem> within(Resource<?> resource, Problem problem) {
        List<String> parts = parts(problem.path());
        if (parts.size() < 2
                || !resource.kind().equals(KINDS.get(parts.get(0)))
                || !resource.metadata().name().equals(parts.get(1))) {
            return Optional.empty();
        }
        String path = path(resource.spec(), parts.subList(2, parts.size()));
        return Optional.of(new FieldProblem(path, problem.message(), problem.hint()));
    }

    /** The problem with the model's own path, made readable: {@code Policy web: rules[2]}. */
    public static FieldProblem elsewhere(Problem problem) {
        List<String> parts = parts(problem.path());
        if (parts.size() < 2 || !KINDS.containsKey(parts.get(0))) {
            return new FieldProblem(String.join(".", parts), problem.message(), problem.hint());
        }
        String rest = join(parts.subList(2, parts.size()));
        String path = KINDS.get(parts.get(0)) + "/" + parts.get(1) + (rest.isEmpty() ? "" : "." + rest);
        return new FieldProblem(path, problem.message(), problem.hint());
    }

    private static List<String> parts(String pointer) {
        return Arrays.stream(pointer.split("/", -1))
                .skip(1)
                .map(part -> part.replace("~1", "/").replace("~0", "~"))
                .toList();
    }

    private static String path(@Nullable Object spec, List<String> parts) {
        if (parts.isEmpty()) {
            return "spec";
        }
        if (parts.equals(List.of("name")) || parts.equals(List.of("id"))) {
            return "metadata.name";
        }
        return switch (spec) {
            case PolicySpec policy -> "spec." + join(policyParts(policy, parts));
            case StagedPolicySpec(PolicySpec policy, var _)
            when parts.size() > 1 -> "spec.policy." + join(policyParts(policy, parts.subList(1, parts.size())));
            case ServiceSpec service -> "spec." + join(serviceParts(service, parts));
            case null, default ->
                "spec." + join(parts.stream().map(DocumentPaths::renamed).toList());
        };
    }

    private static String renamed(String part) {
        return switch (part) {
            case "expression" -> "members";
            case "and" -> "all";
            case "or" -> "any";
            case "id" -> "name";
            default -> part;
        };
    }

    private static List<String> policyParts(PolicySpec policy, List<String> parts) {
        if (parts.size() < 5 || !parts.get(0).equals("rules")) {
            return parts;
        }
        String side = parts.get(2);
        boolean groups = parts.get(3).equals("groups");
        if (!groups && !parts.get(3).equals("addresses")) {
            return parts;
        }
        var rule = policy.rules().get(Integer.parseInt(parts.get(1)));
        List<String> items = ModelReader.orNone(side.equals("sources") ? rule.sources() : rule.destinations());
        Predicate<String> counted = item -> !ModelReader.isAny(item) && ModelReader.isAddress(item) != groups;
        int wanted = Integer.parseInt(parts.get(4));
        List<String> path = new ArrayList<>(parts.subList(0, 3));
        for (int index = 0; index < items.size(); index++) {
            if (counted.test(items.get(index)) && wanted-- == 0) {
                path.add(Integer.toString(index));
                break;
            }
        }
        return path;
    }

    private static List<String> serviceParts(ServiceSpec service, List<String> parts) {
        if (!parts.get(0).equals("matches")) {
            return parts;
        }
        List<String> path = new ArrayList<>(List.of("entries"));
        if (parts.size() > 1) {
            long match = Integer.parseInt(parts.get(1));
            int entry = 0;
            while (entry < service.entries().size() - 1
                    && match >= ServiceReader.count(service.entries().get(entry))) {
                match -= ServiceReader.count(service.entries().get(entry++));
            }
            path.add(Integer.toString(entry));
        }
        parts.stream().skip(2).map(DocumentPaths::serviceField).forEach(path::add);
        return path;
    }

    private static String serviceField(String part) {
        return switch (part) {
            case "icmpType" -> "type";
            case "icmpCode" -> "code";
            case "destinationPorts" -> "ports";
            case "tcpFlags" -> "flagsSet";
            default -> part;
        };
    }

    /** {@code [rules, 2, services]} as {@code rules[2].services}. */
    private static String join(List<String> parts) {
        StringBuilder path = new StringBuilder();
        for (String part : parts) {
            if (part.matches("[0-9]+")) {
                path.append('[').append(part).append(']');
            } else {
                path.append(path.isEmpty() ? "" : ".").append(part);
            }
        }
        return path.toString();
    }
}
