"""Writes BotList.swift and SourceList.swift. config/setup/lists.sh runs it and names the sources."""
import json
import re
import sys
import zipfile

# Patterns of crawler-user-agents to leave out: software that people browse with, systems and build numbers of phones, and
# words that occur in names of devices and apps.
PEOPLE = {
    r"Code\/1\.", r"Trae\/", r"^Silk\/", r"Fluid", r"AP3A\.240617\.008", r"MetaIAB Facebook", r"okhttp", r"Viber", r"WhatsApp",
    r"mail\.ru", r"Goodreads", r"Friendica", r"NextCloud", r"HubSpot", r"Salesforce\.com", r"Bluesky\/", r"Podimo", r"Asana\/",
    r"Sonic", r"Jetty", r"Fever", r"speedy", r"fluffy", r"Trove", r"Disqus", r"Hatena", r"ds9", r"linko", r"Sogou", r"coccoc",
    r"Expanse", r"Nitro-", r"Watchful", r"Butterfly", r"Adventurer", r"Buck\/", r"Genieo", r"HttpUrlConnection", r"MailChimp",
    r"artemis web reader", r"Notion", r"Notion\/", r"Freespoke", r"Freespoke\/", r"Instapaper", r"Instapaper\/", r"Wayback", r"Blackboard", r"Lemmy", r"Mastodon", r"Code\/", r"Cursor\/",
}
NO_WORD = "|"


def literals(pattern):
    """Returns the keywords for KeywordScanner that a pattern stands for; none if keywords can't express it."""
    pattern = re.sub(r"\[(\w)(\w)\]", lambda m: m[1] if m[1].lower() == m[2].lower() else m[0], pattern)
    pattern = pattern.replace("(^| )", NO_WORD)
    alternatives = re.fullmatch(r"([^()]*)\(([\w|]+)\)([^()]*)", pattern)
    if alternatives:
        return [k for one in alternatives[2].split("|") for k in literals(alternatives[1] + one + alternatives[3])]
    if re.fullmatch(r"\w[\w ]*\|\w[\w ]*", pattern):
        return [k for one in pattern.split("|") for k in literals(one)]
    start = pattern[:1] if pattern[:1] in ("^", NO_WORD) else ""
    text = pattern[len(start):]
    plain = re.sub(r"\\(\W)", r"\1", text)
    if re.search(r"(?<!\\)[\[\](){}*+?^$|.]|\\\w", text) or "|" in plain or not plain.isascii():
        return []
    return [start + plain.lower()]


def matches(keyword, agent):
    agent, text = agent.lower(), keyword.strip("|^")
    for match in re.finditer(re.escape(text), agent):
        starts, ends = match.start(), match.end()
        if keyword[0] == "^" and starts > 0:
            continue
        if keyword[0] == "|" and starts > 0 and agent[starts - 1].isalnum():
            continue
        if keyword[-1] == "|" and ends < len(agent) and agent[ends].isalnum():
            continue
        return True
    return False


def narrowed(keyword, agents):
    """Returns the keyword with word boundaries where all of its sample agents have them, so it does not match inside words."""
    text = keyword.strip("|^")
    forms = [keyword] if keyword[0] == "^" else ["|" + text + "|", "|" + text, text + "|", text]
    if not text[-1].isalnum():
        forms = [form.rstrip("|") for form in forms]
    if not text[0].isalnum():
        forms = [form.lstrip("|") for form in forms]
    return next((form for form in forms if all(matches(form, agent) for agent in agents if matches(keyword, agent))), keyword)


def bots(wheel):
    with zipfile.ZipFile(wheel) as archive:
        entries = json.loads(archive.read("crawleruseragents/crawler-user-agents.json"))
        licence = next(archive.read(name).decode() for name in archive.namelist() if name.endswith("/LICENSE"))
    lines = {}
    for entry in entries:
        pattern = entry["pattern"]
        if pattern in PEOPLE:
            continue
        keywords = [k for k in literals(pattern) if sum(c.isalnum() for c in k) >= 4 or k.endswith("/") and len(k) > 3]
        if not keywords:
            print(f"left out: {pattern}", file=sys.stderr)
        for keyword in keywords:
            name = re.sub(r"\\(\W)", r"\1", pattern).strip(" /;") if len(keywords) == 1 else keyword.strip("|^ /")
            name = re.sub(r"\[(\w)\w\]|[\^$]|\(\^\| \)", r"\1", name)
            lines.setdefault(narrowed(keyword, entry.get("instances", [])), name)
    return lines, "\n".join(f"/// {line}".rstrip() for line in licence.strip().splitlines())


def hosts_of(path):
    """Returns the hosts by the name of their site. The lists are very simple YAML. Addresses with a path are left out."""
    name, all_of = None, {}
    for line in open(path, encoding="utf-8"):
        top = re.match(r"(\S.*?):\s*$", line)
        if top:
            name = top[1].strip("'\"")
            continue
        item = re.match(r"\s+- '?\"?([\w{}.-]+)['\"]?\s*$", line)
        if item and "." in item[1] and not item[1].startswith("{}."):
            all_of.setdefault(name, []).append(re.sub(r"^www\.", "", item[1].lower()).replace("{}", "*"))
    return all_of


def urls_only(path):
    """Returns SearchEngines.yml with only its hosts, without parameters and character sets."""
    kept, inside = [], False
    for line in open(path, encoding="utf-8"):
        key = re.match(r"    (\w+):", line)
        if key:
            inside = key[1] == "urls"
        elif not line.startswith(" ") or inside:
            kept.append(line)
    return "".join(kept)


def sources(folder, work):
    with open(work, "w", encoding="utf-8") as plain:
        plain.write(urls_only(f"{folder}/SearchEngines.yml"))
    for kind, path in [("search", work), ("social", f"{folder}/Socials.yml"), ("assistant", f"{folder}/AIAssistants.yml")]:
        for name, hosts in hosts_of(path).items():
            hosts = list(dict.fromkeys(h for h in hosts if re.fullmatch(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*(\.\*)?", h)))
            if hosts:
                yield kind, name, hosts


def write(path, comment, name, version, lines):
    with open(path, "w", encoding="utf-8") as file:
        file.write(f"// Generated by config/setup/lists.sh. Edit that script, not this file.\n\n{comment}\nenum {name} {{\n")
        file.write(f'    static let version = "{version}"\n\n    static let text = #"""\n')
        file.writelines(f"        {line}\n" for line in lines)
        file.write('        """#\n}\n')
    print(f"{path}: {len(lines)} lines")


def main():
    wheel, crawlers, matomo, commit, target = sys.argv[1:]
    found_bots, licence = bots(wheel)
    write(
        f"{target}/BotList.swift",
        "/// One bot per line: a keyword in the form that `KeywordScanner` takes, a tab, and the bot's name.\n///\n"
        "/// - Source: crawler-user-agents, under this licence:\n///\n" + licence,
        "BotList", f"crawler-user-agents {crawlers}", [f"{text}\t{name}" for text, name in found_bots.items()])
    write(
        f"{target}/SourceList.swift",
        "/// One site per line: kind, name and hosts, separated by tabs. `name.*` matches any short top-level domain.\n///\n"
        "/// - Source: Matomo's searchengine-and-social-list (CC0).",
        "SourceList", f"searchengine-and-social-list {commit[:12]}",
        ["\t".join([kind, name, " ".join(hosts)]) for kind, name, hosts in sources(matomo, f"{matomo}/.urls")])


main()
