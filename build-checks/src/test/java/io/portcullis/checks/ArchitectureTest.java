package io.portcullis.checks;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** The import directions of ARCHITECTURE.md, "Modules". */
class ArchitectureTest {
    private static final String BASE = "io.portcullis.";

    private static final JavaClasses CLASSES = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("io.portcullis");

    /** Module (its first package segment) to the modules that it may import. */
    private static final Map<String, Set<String>> MAY_IMPORT = Map.ofEntries(
            Map.entry("policy", Set.of()),
            Map.entry("pki", Set.of()),
            Map.entry("datapath", Set.of("policy")),
            Map.entry("ports", Set.of("policy", "datapath")),
            Map.entry("persistence", Set.of("policy", "datapath")),
            Map.entry("vnic", Set.of("policy", "datapath", "ports", "persistence")),
            Map.entry("migration", Set.of("policy", "datapath", "persistence", "vnic")),
            Map.entry("api", Set.of()),
            Map.entry("admin", Set.of("policy", "datapath", "vnic", "migration", "persistence", "api")),
            Map.entry(
                    "cluster",
                    Set.of("policy", "pki", "datapath", "ports", "persistence", "vnic", "migration", "admin", "api")),
            Map.entry("cli", Set.of("api", "pki")),
            Map.entry("replay", Set.of("api", "policy", "datapath", "ports", "admin")),
            Map.entry("simulation", Set.of("policy", "datapath", "persistence", "vnic", "migration")),
            Map.entry("loadtest", Set.of("api", "pki", "policy", "datapath", "ports")),
            Map.entry("demo", Set.of("api", "policy", "datapath", "ports", "loadtest")));

    @Test
    void shouldImportOnlyInTheDirectionsOfTheArchitecture() {
        Set<String> violations = new TreeSet<>();
        for (JavaClass origin : CLASSES) {
            String from = module(origin);
            Set<String> allowed = MAY_IMPORT.get(from);
            assertThat(allowed)
                    .as("module of %s is not in the table", origin.getName())
                    .isNotNull();
            origin.getDirectDependenciesFromSelf().forEach(dependency -> {
                JavaClass target = dependency.getTargetClass().getBaseComponentType();
                if (target.getPackageName().startsWith(BASE)) {
                    String to = module(target);
                    if (!to.equals(from) && !allowed.contains(to)) {
                        violations.add(from + " imports " + to + ": " + dependency.getDescription());
                    }
                }
            });
        }
        assertThat(violations).isEmpty();
    }

    @Test
    void shouldSeeEveryModule() {
        Set<String> seen = new TreeSet<>();
        CLASSES.forEach(type -> seen.add(module(type)));
        assertThat(seen).containsExactlyInAnyOrderElementsOf(MAY_IMPORT.keySet());
    }

    @Test
    void shouldKeepThePureModulesFreeOfFrameworks() {
        noClasses()
                .that()
                .resideInAnyPackage(
                        BASE + "policy..", BASE + "datapath..", BASE + "ports..", BASE + "migration.model..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("org.apache.pekko..", "com.fasterxml..", "com.typesafe..", "org.slf4j..", "scala..")
                .check(CLASSES);
    }

    @Test
    void shouldKeepPolicyToTheLibrariesOfTheArchitecture() {
        classes()
                .that()
                .resideInAPackage(BASE + "policy..")
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage(BASE + "policy..", "java..", "org.jspecify..", "inet.ipaddr..", "com.google.re2j..")
                .check(CLASSES);
    }

    @Test
    void shouldSendStateChunksOnlyBetweenMigrationAgents() {
        List<String> senders = new ArrayList<>();
        for (JavaClass origin : CLASSES) {
            String module = module(origin);
            if (module.equals("migration") || module.equals("persistence")) {
                continue;
            }
            origin.getDirectDependenciesFromSelf().forEach(dependency -> {
                if (dependency.getTargetClass().getSimpleName().equals("StateChunk")) {
                    senders.add(dependency.getDescription());
                }
            });
        }
        assertThat(senders)
                .as("all other commands go to firewalls through entity references")
                .isEmpty();
    }

    private static String module(JavaClass type) {
        String rest = type.getPackageName().substring(BASE.length());
        int dot = rest.indexOf('.');
        return dot < 0 ? rest : rest.substring(0, dot);
    }
}
