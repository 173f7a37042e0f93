package io.portcullis.replay;

import io.portcullis.admin.document.DocumentPaths;
import io.portcullis.admin.document.ModelReader;
import io.portcullis.api.FieldProblem;
import io.portcullis.api.document.Documents;
import io.portcullis.api.document.Format;
import io.portcullis.api.document.InvalidDocumentException;
import io.portcullis.api.document.Located;
import io.portcullis.policy.TenantId;
import io.portcullis.policy.VmId;
import io.portcullis.policy.VnicId;
import io.portcullis.policy.compile.PolicyCompiler;
import io.portcullis.policy.model.EditResult;
import io.portcullis.policy.model.ModelEdit;
import io.portcullis.policy.model.Problem;
import io.portcullis.policy.model.TenantModel;
import io.portcullis.policy.model.Vnic;
import io.portcullis.policy.table.RuleTable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The documents of {@code portcullis apply} (Segment, Group, Service, Policy, Vm) as the rule table that a cluster would make of them:
 * of one vNIC, or of all rules, whatever they are applied to, for traffic that belongs to no vNIC.
 */
final class PolicyFiles {
    private static final TenantId TENANT = new TenantId("replay");

    private final TenantModel model;

    private PolicyFiles(TenantModel model) {
        this.model = model;
    }

    /**
     * Reads documents, all of which must hold together.
     *
     * @param defaults of the tenant, of which the documents say nothing
     *
     * @throws IllegalArgumentException with every mistake and its place
     */
    static PolicyFiles read(List<Path> files, ModelEdit.SetDefaults defaults) {
        TenantModel model = TenantModel.empty(TENANT);
        List<ModelEdit> edits = new ArrayList<>();
        edits.add(defaults);
        List<Located> documents = new ArrayList<>();
        for (Path file : files) {
            for (Located document : documents(file)) {
                ModelReader reader = new ModelReader(model);
                Optional<ModelEdit> edit = reader.read(document.resource());
                if (edit.isEmpty()) {
                    throw mistakes(
                            file.toString(),
                            reader.mistakes().stream().map(document::report).toList());
                }
                edits.add(edit.get());
                documents.add(document);
            }
        }
        return switch (model.apply(edits)) {
            case EditResult.Accepted accepted -> new PolicyFiles(accepted.model());
            case EditResult.Refused refused ->
                throw mistakes(
                        files.stream().map(Path::toString).collect(Collectors.joining(", ")),
                        refused.problems().stream()
                                .map(problem -> placed(problem, documents))
                                .toList());
        };
    }

    /** The table of one vNIC, {@code VM/NIC}, or with null of all rules. */
    RuleTable table(@Nullable String vnic) {
        PolicyCompiler compiler = new PolicyCompiler();
        return vnic == null
                ? compiler.compileUnscoped(model)
                : compiler.compile(model, vnic(vnic).id());
    }

    Vnic vnic(String name) {
        int slash = name.indexOf('/');
        Optional<Vnic> found = slash < 1
                ? Optional.empty()
                : model.vnic(new VnicId(new VmId(TENANT, name.substring(0, slash)), name.substring(slash + 1)));
        return found.orElseThrow(() ->
                new IllegalArgumentException("the policy has no vNIC '" + name + "'; write VM/NIC, as web-1/eth0"));
    }

    /** Whether some rules are applied to groups only: without a vNIC they are tried on all packets. */
    boolean hasAppliedTo() {
        return model.policies().values().stream()
                .anyMatch(policy -> !policy.appliedTo().isEmpty()
                        || policy.rules().stream()
                                .anyMatch(rule -> !rule.appliedTo().isEmpty()));
    }

    private static List<Located> documents(Path file) {
        try {
            Format format = file.toString().endsWith(".json") ? Format.JSON : Format.YAML;
            return Documents.readAll(Files.readAllBytes(file), format);
        } catch (InvalidDocumentException invalid) {
            throw mistakes(file.toString(), invalid.problems());
        } catch (IOException unreadable) {
            throw new IllegalArgumentException("the policy file " + file + " cannot be read", unreadable);
        }
    }

    private static FieldProblem placed(Problem problem, List<Located> documents) {
        for (Located document : documents) {
            Optional<FieldProblem> within = DocumentPaths.within(document.resource(), problem);
            if (within.isPresent()) {
                return document.report(within.get());
            }
        }
        return DocumentPaths.elsewhere(problem);
    }

    private static IllegalArgumentException mistakes(String file, List<FieldProblem> problems) {
        StringBuilder text = new StringBuilder(file).append(" cannot be used");
        for (FieldProblem problem : problems) {
            text.append(System.lineSeparator()).append("  ");
            if (problem.line() != null) {
                text.append("line ").append(problem.line()).append(": ");
            }
            text.append(problem.path()).append(' ').append(problem.message());
            if (problem.hint() != null) {
                text.append(" (").append(problem.hint()).append(')');
            }
        }
        return new IllegalArgumentException(text.toString());
    }
}
