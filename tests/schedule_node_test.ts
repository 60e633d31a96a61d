// Schedules by real systemd and real cron, in a node that boots systemd: what runs by itself, and what is told of it.
import assert from "node:assert/strict";
import { join } from "node:path";
import type { HistoryLine } from "../engine/schedule/entry.ts";
import { makeNodes, onNode, openLab, whyNoLab } from "../providers/lab/test_support.ts";
import { executable } from "./support/executable.ts";

const why = await whyNoLab();
if (why !== undefined) console.log(`ignored: schedules by systemd and cron: ${why}`);

/** What the job does is said by a file. */
const INFRA = `import { execScript, groupSpec, sh } from "pallet";
export const me = groupSpec("me", { count: 1, phases: { job: () => execScript(sh\`
  date +%s >>/root/ran
  case $(cat /root/mode) in
    slow) sleep 6 ;;
    bad) echo the disk is full; exit 7 ;;
  esac\`) } });
`;

/** Keeps what is posted to it. */
const RECEIVER = `use IO::Socket::INET;
my $server = IO::Socket::INET->new(LocalAddr => "127.0.0.1", LocalPort => 8099, Listen => 5, ReuseAddr => 1) or die;
while (my $client = $server->accept) {
  my $length = 0;
  while (my $line = <$client>) {
    $length = $1 if $line =~ /^content-length: (\\d+)/i;
    last if $line =~ /^\\r?\\n$/;
  }
  read $client, my $body, $length;
  open my $file, ">>", "/root/posted";
  print $file "$body\\n";
  close $file;
  print $client "HTTP/1.1 204 No Content\\r\\nConnection: close\\r\\n\\r\\n";
  close $client;
}
`;

interface Machine {
  /** Runs a command and insists that it succeeds. */
  on(command: string): Promise<string>;
  run(command: string): Promise<{ readonly status: number; readonly output: string }>;
  write(path: string, text: string): Promise<void>;
  history(name: string): Promise<readonly HistoryLine[]>;
  reboot(): Promise<void>;
}

async function withMachine(body: (machine: Machine) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "pallet-schedule-" });
  const lab = await openLab(join(folder, "lab"));
  try {
    const image = { osFamily: "debian", osVersion: "13" } as const;
    const [[node], program] = await Promise.all([makeNodes(lab, { nodeSpec: { image } }), executable()]);
    assert.ok(node !== undefined);
    const run = (command: string, input?: ReadableStream<Uint8Array>) => onNode(lab, node, command, input);
    const insist = async (command: string, input?: ReadableStream<Uint8Array>) => {
      const { status, output } = await run(command, input);
      assert.equal(status, 0, `${command}: ${output}`);
      return output;
    };
    const write = async (path: string, text: string) => {
      await insist(`cat >${path}`, new Blob([text]).stream());
    };
    await insist(
      "cat >/usr/local/bin/pallet && chmod +x /usr/local/bin/pallet && mkdir -p /srv/infra && systemctl is-system-running --wait",
      (await Deno.open(program)).readable,
    );
    await body({
      on: (command) => insist(command),
      run: (command) => run(command),
      write,
      async history(name) {
        const file = `/root/.local/state/pallet/schedules/${name}.history.jsonl`;
        const text = await insist(`cat ${file} 2>/dev/null || true`);
        return text.split("\n").filter((line) => line !== "").map((line) => JSON.parse(line));
      },
      async reboot() {
        await lab.reboot([node]);
        await Array.fromAsync(lab.ready(node));
        await insist("systemctl is-system-running --wait");
      },
    });
  } finally {
    const nodes = await lab.nodes();
    if (nodes.length > 0) await lab.destroy(nodes);
    await lab.close();
    await Deno.remove(folder, { recursive: true });
  }
}

/** A night's sleep for cron and what it runs: their clock jumps over three in the morning, and they make up for it. */
async function sleptOver(m: Machine, name: string): Promise<void> {
  const variables = [
    "LD_PRELOAD=$(find /usr/lib -name libfaketime.so.1)",
    "FAKETIME_TIMESTAMP_FILE=/root/clock",
    ...["FAKETIME_NO_CACHE=1", "FAKETIME_DONT_FAKE_MONOTONIC=1", "NO_FAKE_STAT=1"],
  ];
  const midnight = new Date().setUTCHours(24, 0, 0, 0) / 1000;
  const evening = midnight + 2 * 3600 + 44 * 60 + 50 - Math.floor(Date.now() / 1000);
  await m.on(
    `systemctl stop cron; crontab -l >/root/table; (printf '%s\\n' "${
      variables.join('" "')
    }"; grep -A3 'schedule ${name}:' /root/table) | crontab -; echo +${evening} >/root/clock; ` +
      `systemd-run -q --unit awake -E "${variables.join('" -E "')}" cron -f`,
  );
  await new Promise((resolve) => setTimeout(resolve, 2000));
  assert.deepEqual(await m.history(name), []);
  await m.on(`echo +${evening + 6 * 3600} >/root/clock`);
  await until(
    "what was missed in sleep is made up for",
    60,
    async () => results(await m.history(name)).includes("ok"),
  );
  assert.equal((await m.history(name)).length, 1);
  await m.on("systemctl stop awake; crontab /root/table; systemctl start cron");
}

/** Waits until something holds. */
async function until(what: string, seconds: number, holds: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + seconds * 1000;
  while (!await holds()) {
    assert.ok(Date.now() < end, `not within ${seconds} seconds: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

const results = (history: readonly HistoryLine[]) => history.map(({ result }) => result);

Deno.test({
  name: "real systemd and real cron run schedules, alone, in time, told of, made up for, and removed",
  ignore: why !== undefined,
  fn: () =>
    withMachine(async (m) => {
      await m.write("/srv/infra/infra.ts", INFRA);
      await m.write(
        "/srv/infra/pallet.yaml",
        "services: { here: { provider: localhost } }\ndefault-service: here\n",
      );
      await m.write("/root/receiver.pl", RECEIVER);
      await m.on("useradd --create-home ops");
      const pallet = (line: string) => m.on(`cd /srv/infra && pallet ${line}`);
      const mode = (word: string) => m.on(`echo ${word} >/root/mode`);
      await mode("ok");
      // Schedules that are due at one time wait for each other.
      const job = "lift --phase job --lock-wait 30";
      // With cron comes a mail system, as on any Debian.
      const installed = m.on(
        "export DEBIAN_FRONTEND=noninteractive; apt-get -qq update && " +
          "apt-get -qq -y install cron faketime >/dev/null 2>&1 && systemctl is-active cron",
      );
      installed.catch(() => {}); // waited for below
      await pallet("converge --yes");

      // Two are due with the next minute, and what comes then is waited for once; the others are due at night.
      const late = "0 3 * * *";
      await pallet(`schedule add asleep --cron '${late}' --catch-up -- ${job}`);
      await pallet("schedule add night --cron '30 2 * * *' --zone Europe/Berlin -- lift --phase job");
      await installed;
      const told = "--mail ops@localhost --webhook http://127.0.0.1:8099/hook";
      const added = await pallet(
        `schedule add tick --cron '* * * * *' --time-limit 4 --catch-up ${told} -- ${job}`,
      );
      assert.match(added, /Schedule "tick" runs by systemd-system/);
      await pallet(
        "schedule add tock --cron '* * * * *' --scheduler cron -- lift --phase job --lock-wait 30",
      );
      await pallet(`schedule add missed --cron '${late}' --catch-up --scheduler cron -- ${job}`);
      await pallet(`schedule add due --cron '${late}' --catch-up --scheduler cron -- ${job}`);

      // Changes of the clock are said beforehand, and times are systemd's own.
      // Without its own times for files, by which the executable knows what it unpacked.
      const at = (time: string) =>
        `cd /srv/infra && TZ=UTC NO_FAKE_STAT=1 faketime '${time}' pallet schedule list`;
      const spring = await m.on(at("2027-03-27 12:00:00"));
      assert.match(spring, /night: On .* 2027-03-28 the clock goes forward over it: systemd leaves it out/);
      assert.match(
        await m.on(at("2027-10-30 12:00:00")),
        /night: On .* 2027-10-31 the clock goes back, .* it runs once/,
      );
      const calendar = await m.on(
        "TZ=UTC systemd-analyze calendar --base-time='2027-03-27 12:00:00 UTC' --iterations=3 " +
          "'*-*-* 02:30:00 Europe/Berlin'",
      );
      const theirs = [...calendar.matchAll(/(?:elapse|#\d): \w+ (\S+) 00:30:00 UTC/g)].map(([, day]) => day);
      const ours = [...(/^night .*$/m.exec(spring)?.[0] ?? "").matchAll(/(\S+) 02:30 GMT\+2/g)].map((
        [, day],
      ) => day);
      assert.equal(theirs.length, 3, calendar);
      assert.deepEqual(ours, theirs);

      // What was missed while the machine was off is made up for when it is there again; what was not due is not.
      const entry = "/root/.local/state/pallet/schedules/missed.json";
      await m.on(`sed -i 's/"addedAt": "[^"]*"/"addedAt": "2020-01-01T00:00:00Z"/' ${entry}`);
      await m.on("touch -d '3 days ago' /var/lib/systemd/timers/stamp-pallet-asleep.timer");
      await m.reboot();
      await until("what was missed is made up for", 30, async () => {
        const [missed, asleep] = await Promise.all([m.history("missed"), m.history("asleep")]);
        return results(missed).includes("ok") && results(asleep).includes("ok");
      });
      assert.deepEqual(await m.history("due"), []);
      await sleptOver(m, "due");

      await until("both run by themselves, behind a restart as well", 75, async () => {
        const [tick, tock] = await Promise.all([m.history("tick"), m.history("tock")]);
        return results(tick).includes("ok") && results(tock).includes("ok");
      });
      await m.on("systemctl stop pallet-tick.timer; systemctl stop cron");
      await until("it is idle", 20, async () => (await m.run("pgrep -f 'phase job'")).status !== 0);
      await m.on("rm -f /root/posted /var/mail/ops");
      assert.match(await pallet("runs"), /lift/);
      const before = (await m.history("tick")).length;

      // One that takes too long is ended in order; one that comes meanwhile is left out.
      await m.on("systemd-run -q --unit receiver perl /root/receiver.pl");
      await mode("slow");
      await m.on("systemctl start --no-block pallet-tick.service");
      await until("it is at work", 15, async () => (await m.run("pgrep -f 'phase job'")).status === 0);
      assert.match(
        await pallet("schedule run tick --scheduled"),
        /left out: the run before is still at work/,
      );
      await until(
        "it is over",
        30,
        async () => (await m.run("systemctl is-active pallet-tick")).output === "failed",
      );
      assert.deepEqual(results(await m.history("tick")).slice(before), ["left-out", "timed-out"]);

      // A failure is told, and then a recovery.
      await mode("bad");
      assert.notEqual((await m.run("systemctl start pallet-tick.service")).status, 0);
      await mode("ok");
      await m.on("systemctl start pallet-tick.service");
      const posted = (await m.on("cat /root/posted")).split("\n").map((line) => JSON.parse(line));
      assert.deepEqual(posted.map(({ event, result }) => `${event} ${result}`), [
        ...["failed timed-out", "failed failed", "recovered ok"],
      ]);
      assert.match(posted[1].output, /the disk is full/);
      const mail = await m.on("cat /var/mail/ops");
      assert.equal(mail.match(/^To: ops@localhost$/gm)?.length, 3);
      assert.match(mail, /^Subject: pallet: tick failed on t-1/m);
      assert.match(
        await m.on("journalctl -u pallet-tick --no-pager"),
        /Schedule "tick": failed with status 1/,
      );

      await pallet("schedule remove tick tock missed due asleep night");
      const left = await m.on(
        "find /etc/systemd /var/lib/systemd/timers -name '*pallet-[tan]*'; " +
          "find /root/.local/state/pallet/schedules -type f; " +
          "systemctl list-units --all --no-legend 'pallet-*'; crontab -l 2>/dev/null || true",
      );
      assert.equal(left, "");
    }),
});
