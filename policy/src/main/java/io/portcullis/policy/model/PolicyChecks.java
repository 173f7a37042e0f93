package io.portcullis.policy.model;

import io.portcullis.policy.Action;
import io.portcullis.policy.Category;
import io.portcullis.policy.TcpPickup;
import io.portcullis.policy.table.EthernetMatch;
import io.portcullis.policy.table.MacPrefix;
import io.portcullis.policy.table.ServiceMatch;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Checks services, security policies and their rules. */
final class PolicyChecks {
    /** What a label of a log may have beside letters and digits of ASCII. */
    private static final String LABEL_SIGNS = "-_.:/@";

    private final TenantModel model;
    private final Problems problems;

    PolicyChecks(TenantModel model, Problems problems) {
        this.model = model;
        this.problems = problems;
    }

    static void check(TenantModel model, Problems problems) {
        PolicyChecks checks = new PolicyChecks(model, problems);
        checks.checkCounts(model.policies().values().stream()
                .mapToInt(policy -> policy.rules().size())
                .sum());
        checks.checkStagedCounts(model.staged().values().stream()
                .map(StagedPolicy::policy)
                .mapToInt(policy -> policy == null ? 0 : policy.rules().size())
                .sum());
        model.services().values().forEach(checks::checkService);
        model.policies().values().forEach(checks::checkPolicy);
        model.staged().values().forEach(checks::checkStaged);
    }

    /**
     * How many there are of everything.
     *
     * @param rules of all policies
     */
    void checkCounts(int rules) {
        problems.checkLimit("/services", "services", model.services().size(), Limits.MAX_SERVICES, "MAX_SERVICES");
        problems.checkLimit("/policies", "policies", model.policies().size(), Limits.MAX_POLICIES, "MAX_POLICIES");
        problems.checkLimit("/policies", "rules", rules, Limits.MAX_RULES, "MAX_RULES");
    }

    /**
     * How many are staged.
     *
     * @param rules of all of them
     */
    void checkStagedCounts(int rules) {
        problems.checkLimit(
                "/staged", "staged policies", model.staged().size(), Limits.MAX_STAGED_POLICIES, "MAX_STAGED_POLICIES");
        problems.checkLimit("/staged", "rules", rules, Limits.MAX_STAGED_RULES, "MAX_STAGED_RULES");
    }

    void checkService(Service service) {
        Place path = Place.of(Problems.pointer("services", service.name()));
        problems.checkName(path.field("name"), "service", service.name());
        if (ServiceLibrary.BUILT_IN.containsKey(service.name())) {
            problems.add(
                    path.field("name"),
                    "service " + service.name() + " is built in and cannot be redefined",
                    "choose another name");
        }
        if (service.matches().isEmpty()) {
            problems.add(path.field("matches"), "the service matches nothing", "write at least one protocol and port");
        }
        problems.checkLimit(
                path.field("matches"),
                "matches",
                service.matches().size(),
                Limits.MAX_MATCHES_PER_SERVICE,
                "MAX_MATCHES_PER_SERVICE");
        for (int index = 0; index < service.matches().size(); index++) {
            checkMatch(service.matches().get(index), path.field("matches").item(index));
        }
        checkAlg(service, path.field("alg"));
    }

    private void checkAlg(Service service, Place path) {
        boolean isWithoutControl = switch (service.alg()) {
            case NONE -> false;
            case FTP -> service.matches().stream().noneMatch(PolicyChecks::matchesFtpControl);
        };
        if (isWithoutControl) {
            problems.add(
                    path,
                    "the service does not have FTP's control connection",
                    "add an entry with protocol tcp and port " + Alg.FTP_PORT + ", the only one that is read");
        }
    }

    private static boolean matchesFtpControl(ServiceMatch match) {
        return match.protocol() == ServiceLibrary.TCP
                && match.destinationPortFirst() <= Alg.FTP_PORT
                && match.destinationPortLast() >= Alg.FTP_PORT;
    }

    private void checkMatch(ServiceMatch match, Place path) {
        checkRange(path.field("protocol"), "protocol", match.protocol(), ServiceMatch.ANY_PROTOCOL, 255);
        checkRange(path.field("icmpType"), "ICMP type", match.icmpType(), -1, 255);
        checkRange(path.field("icmpCode"), "ICMP code", match.icmpCode(), -1, 255);
        checkFlags(path, match);
        checkPorts(path.field("sourcePorts"), match.sourcePortFirst(), match.sourcePortLast());
        checkPorts(path.field("destinationPorts"), match.destinationPortFirst(), match.destinationPortLast());
    }

    private void checkPorts(Place path, int first, int last) {
        if (first < 0 || last > ServiceMatch.MAX_PORT || first > last) {
            problems.add(
                    path,
                    "ports " + first + "-" + last + " are no range of ports",
                    "use 0 to " + ServiceMatch.MAX_PORT + ", lower first");
        }
    }

    private void checkRange(Place path, String what, int value, int first, int last) {
        if (value < first || value > last) {
            problems.add(path, "there is no " + what + " " + value, "use 0 to " + last + ", or leave it out for any");
        }
    }

    /** As a policy that is enforced, so that it can be published unless something else changes before. */
    void checkStaged(StagedPolicy staged) {
        Place path = Place.of(Problems.pointer("staged", staged.name()));
        SecurityPolicy policy = staged.policy();
        if (policy != null) {
            checkPolicy(path.field("policy"), policy);
        } else if (!model.policies().containsKey(staged.name())) {
            problems.add(
                    path,
                    "there is no policy " + Problems.quote(staged.name()) + " that could be removed",
                    "unstage the removal, or check the spelling of the name");
        }
    }

    void checkPolicy(SecurityPolicy policy) {
        checkPolicy(Place.of(Problems.pointer("policies", policy.name())), policy);
    }

    private void checkPolicy(Place path, SecurityPolicy policy) {
        problems.checkName(path.field("name"), "policy", policy.name());
        checkGroups(path.field("appliedTo"), policy.appliedTo());
        problems.checkText(path.field("description"), "description", policy.description());
        if (policy.lock() != null) {
            problems.checkText(path.field("lock"), "comment of the lock", policy.lock());
        }
        if (policy.schedule() != null) {
            checkSchedule(path.field("schedule"), policy.schedule());
        }
        checkState(path, policy);
        problems.checkLimit(
                path.field("rules"),
                "rules",
                policy.rules().size(),
                Limits.MAX_RULES_PER_POLICY,
                "MAX_RULES_PER_POLICY");
        Set<String> names = new HashSet<>();
        Place rules = path.field("rules");
        for (int index = 0; index < policy.rules().size(); index++) {
            Rule rule = policy.rules().get(index);
            Place rulePath = rules.item(index);
            problems.checkName(rulePath.field("name"), "rule", rule.name());
            if (!names.add(rule.name())) {
                problems.add(
                        rulePath.field("name"),
                        "the policy has two rules named " + Problems.quote(rule.name()),
                        "name each rule of a policy differently: connections and counters refer to rules by name");
            }
            checkPeers(rulePath.field("sources"), rule.sources());
            checkPeers(rulePath.field("destinations"), rule.destinations());
            checkServices(rulePath.field("services"), rule.services());
            checkEthernet(rulePath.field("ethernet"), policy.category(), rule.ethernet());
            checkGroups(rulePath.field("appliedTo"), rule.appliedTo());
            problems.checkText(rulePath.field("description"), "description", rule.description());
            checkLogLabel(rulePath.field("logLabel"), rule.logLabel());
            if (rule.expires() != null) {
                checkYear(
                        rulePath.field("expires"),
                        rule.expires().atOffset(ZoneOffset.UTC).getYear());
            }
        }
    }

    private void checkState(Place path, SecurityPolicy policy) {
        boolean judgesFrames = policy.category() == Category.ETHERNET;
        if (policy.stateless() && judgesFrames) {
            problems.add(
                    path.field("stateful"),
                    "rules of category ETHERNET judge each frame by itself anyway",
                    "leave stateful out, or move the rules to a policy of another category");
        }
        if (policy.tcpPickup() != TcpPickup.INHERIT && (policy.stateless() || judgesFrames)) {
            problems.add(
                    path.field("tcpStrict"),
                    "the policy opens no connections that could begin with a SYN or not",
                    "leave tcpStrict out" + (judgesFrames ? "" : ", or make the policy stateful"));
        }
        if (policy.stateless()) {
            for (int index = 0; index < policy.rules().size(); index++) {
                checkNoAlg(
                        path.field("rules").item(index).field("services"),
                        policy.rules().get(index));
            }
        }
    }

    private void checkNoAlg(Place path, Rule rule) {
        boolean isFollowed = rule.action() == Action.ALLOW && !rule.services().negated();
        for (int index = 0; isFollowed && index < rule.services().names().size(); index++) {
            String name = rule.services().names().get(index);
            if (model.service(name).filter(service -> service.alg() != Alg.NONE).isPresent()) {
                problems.add(
                        path.item(index),
                        "service " + Problems.quote(name) + " has a gateway that follows connections, and a stateless"
                                + " policy opens none",
                        "allow it in a stateful policy, or use a service without alg");
            }
        }
    }

    private void checkSchedule(Place path, Schedule schedule) {
        problems.checkLimit(
                path.field("windows"),
                "windows",
                schedule.windows().size(),
                Limits.MAX_WINDOWS_PER_SCHEDULE,
                "MAX_WINDOWS_PER_SCHEDULE");
        LocalDate from = schedule.from();
        LocalDate until = schedule.until();
        if (from != null) {
            checkYear(path.field("from"), from.getYear());
        }
        if (until != null) {
            checkYear(path.field("until"), until.getYear());
        }
        if (from != null && until != null && until.isBefore(from)) {
            problems.add(
                    path.field("until"), until + " is before " + from, "let the last date not be before the first");
        }
    }

    private void checkYear(Place path, int year) {
        if (year < Limits.MIN_YEAR || year > Limits.MAX_YEAR) {
            problems.add(
                    path,
                    "the year " + year + " is out of range",
                    "use " + Limits.MIN_YEAR + " to " + Limits.MAX_YEAR + " (MIN_YEAR, MAX_YEAR), or leave it out");
        }
    }

    /** A log line is {@code key=value} with spaces between: what tools take apart must not have any in a value. */
    private void checkLogLabel(Place path, String label) {
        problems.checkLimit(
                path, "characters of a label", label.length(), Limits.MAX_LOG_LABEL_LENGTH, "MAX_LOG_LABEL_LENGTH");
        if (!label.isEmpty() && !label.chars().allMatch(PolicyChecks::isOfALabel)) {
            problems.add(
                    path,
                    Problems.quote(label) + " is no label for a log",
                    "use letters, digits and any of " + LABEL_SIGNS + ", without spaces");
        }
    }

    private static boolean isOfALabel(int character) {
        return (character >= 'a' && character <= 'z')
                || (character >= 'A' && character <= 'Z')
                || (character >= '0' && character <= '9')
                || LABEL_SIGNS.indexOf(character) >= 0;
    }

    private void checkPeers(Place path, Peers peers) {
        boolean names = !peers.groups().isEmpty() || !peers.addresses().isEmpty();
        if (peers.any() && (names || peers.negated())) {
            problems.add(path, "'any' stands alone", "drop 'any', or the groups, addresses and negation beside it");
        } else if (!peers.any() && !names) {
            problems.add(path, "nobody is named", "name groups or addresses, or write 'any'");
        }
        checkGroups(path.field("groups"), peers.groups());
        problems.checkLimit(
                path.field("addresses"),
                "addresses",
                peers.addresses().size(),
                Limits.MAX_ADDRESSES_PER_SET,
                "MAX_ADDRESSES_PER_SET");
    }

    private void checkServices(Place path, ServiceSelection services) {
        if (services.any() && (services.negated() || !services.names().isEmpty())) {
            problems.add(path, "'any' stands alone", "drop 'any', or the services and negation beside it");
        } else if (!services.any() && services.names().isEmpty()) {
            problems.add(path, "the rule has no service", "name services (https, dns, …) or write 'any'");
        }
        problems.checkLimit(
                path, "services", services.names().size(), Limits.MAX_SERVICES_PER_RULE, "MAX_SERVICES_PER_RULE");
        for (int index = 0; index < services.names().size(); index++) {
            String name = services.names().get(index);
            if (!model.services().containsKey(name) && !ServiceLibrary.BUILT_IN.containsKey(name)) {
                problems.add(
                        path.item(index),
                        "there is no service " + Problems.quote(name),
                        "create the service first or in the same document, or use a built-in one");
            }
        }
    }

    private void checkFlags(Place path, ServiceMatch match) {
        int mask = match.tcpFlagsMask();
        int value = match.tcpFlagsValue();
        if (mask < 0 || mask > 255 || (value & ~mask) != 0) {
            problems.add(
                    path.field("tcpFlags"), "TCP flags " + value + " of " + mask + " are none", "use bits 1 to 128");
        } else if (mask != 0 && match.protocol() != ServiceLibrary.TCP) {
            problems.add(
                    path.field("tcpFlags"), "only tcp has these flags", "leave them out, or make the protocol tcp");
        }
    }

    private void checkEthernet(Place path, Category category, EthernetMatch ethernet) {
        if (category != Category.ETHERNET && !ethernet.matchesEverything()) {
            problems.add(
                    path,
                    "only rules of category ETHERNET look at Ethernet headers",
                    "move the rule to a policy of that category");
        }
        checkNegation(path.field("sources"), ethernet.sources(), ethernet.sourcesNegated());
        checkNegation(path.field("destinations"), ethernet.destinations(), ethernet.destinationsNegated());
        problems.checkLimit(
                path.field("etherTypes"),
                "ethertypes",
                ethernet.etherTypes().size(),
                Limits.MAX_ETHER_TYPES_PER_RULE,
                "MAX_ETHER_TYPES_PER_RULE");
        for (int index = 0; index < ethernet.etherTypes().size(); index++) {
            int etherType = ethernet.etherTypes().get(index);
            boolean isType = etherType >= EthernetMatch.FIRST_ETHER_TYPE && etherType <= 0xffff;
            if (!isType && etherType != EthernetMatch.LLC) {
                problems.add(
                        path.field("etherTypes").item(index),
                        "there is no ethertype " + etherType,
                        "use 0x0600 to 0xffff, or llc for frames with a length");
            }
        }
    }

    private void checkNegation(Place path, List<MacPrefix> macs, boolean negated) {
        if (macs.isEmpty() && negated) {
            problems.add(path, "no address is named", "name the addresses that are left out");
        }
        problems.checkLimit(path, "MAC addresses", macs.size(), Limits.MAX_MACS_PER_SIDE, "MAX_MACS_PER_SIDE");
    }

    private void checkGroups(Place path, List<String> groups) {
        GroupChecks.checkReferences(model, problems, path, groups);
    }
}
