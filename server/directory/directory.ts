import { type OpenFailed, openLastingLog } from '../log/lasting-log.ts';
import type { Log, Snapshot } from '../log/log.ts';
import { ownName } from '../own-name.ts';
import { checkedProject, checkedProjectId, type Project } from './project.ts';

/** The projects that the server knows: `project:{id}` and `scene:{id}:{sceneId}` are their rooms. */
export interface Projects {
  get(id: string): Project | undefined;
  /** All of them, in the order in which they were put first. */
  list(): (Project & { readonly id: string })[];
  /**
   * Adds a project, or replaces what is known of it. Resolves when that is durable and holds; whoever is in a
   * room of the project and may be there no longer leaves it. Rejects with a Refusal, INVALID_FIELD, or a
   * LogError.
   */
  put(id: string, project: Project): Promise<void>;
  /**
   * Forgets a project. Nobody vouches for `project:{id}` any more, and its scenes are then treated like those
   * of any project that is not known; to shut them, put it with `active: false` instead. Resolves and rejects
   * as `put` does.
   */
  delete(id: string): Promise<void>;
}

export interface Directory extends Projects {
  /** Waits for changes under way. */
  close(): Promise<void>;
}

export interface DirectoryOptions {
  log: Log;
  /** Called when another state of a project holds. Must not throw. */
  onChanged(id: string): void;
  /** As that of a lasting log's reader. Default: nobody is told. */
  onOpenFailed?: OpenFailed;
  /** The fewest entries between two snapshots. */
  snapshotEntries: number;
}

type Entry = { type: 'put'; id: string; project: Project } | { type: 'delete'; id: string };

const LOG_ID = ownName('projects');
/** Raised when the shape of snapshots changes. */
const FORMAT = 1;

/** Loads the directory from its log. Rejects with a LogError. */
export async function openDirectory(options: DirectoryOptions): Promise<Directory> {
  const { log, onChanged, onOpenFailed = () => {}, snapshotEntries } = options;
  const projects = new Map<string, Project>();
  let offset = 0;
  let unsnapshot = 0;
  let isOpen = false;
  const opened = await openLastingLog(log, LOG_ID, {
    onOpenFailed,
    read({ snapshot, tail }) {
      const before = [...projects.keys()];
      projects.clear();
      for (const [id, project] of snapshotOf(snapshot)) projects.set(id, checkedProject(project));
      for (const text of tail) fold(projects, JSON.parse(text) as Entry);
      offset = (snapshot?.offset ?? 0) + tail.length;
      unsnapshot = tail.length;
      if (isOpen) new Set([...before, ...projects.keys()]).forEach(onChanged);
    },
    absorb(texts) {
      offset += texts.length;
      unsnapshot += texts.length;
      const changed = texts.map((text) => fold(projects, JSON.parse(text) as Entry));
      if (isOpen) changed.forEach(onChanged);
    },
  });
  isOpen = true;
  let last: Promise<void> = Promise.resolve();

  /** One append at a time, as the log asks for. */
  function write(entry: Entry): Promise<void> {
    const written = last.then(() => opened.append([JSON.stringify(entry)]));
    // A snapshot that fails is no loss: the entries are there, and the next change tries again.
    last = written.then(snapshot).catch(() => {});
    return written;
  }

  async function snapshot(): Promise<void> {
    if (unsnapshot < Math.max(snapshotEntries, projects.size)) return;
    const state = JSON.stringify({ format: FORMAT, projects: [...projects] });
    await opened.compact({ offset, state }, offset);
    unsnapshot = 0;
  }

  return {
    get: (id) => projects.get(id),
    list: () => [...projects].map(([id, project]) => ({ id, ...project })),
    put: async (id, project) =>
      write({ type: 'put', id: checkedProjectId(id), project: checkedProject(project) }),
    delete: async (id) => write({ type: 'delete', id: checkedProjectId(id) }),
    async close() {
      await last;
      await opened.close();
    },
  };
}

function snapshotOf(snapshot: Snapshot | undefined): [string, Project][] {
  if (snapshot === undefined) return [];
  const { format, projects } = JSON.parse(snapshot.state);
  if (format !== FORMAT) throw new Error(`snapshot of format ${format}; this version reads ${FORMAT}`);
  return projects;
}

/** Brings the projects from one entry to the next, and returns the id of the one that changed. */
function fold(projects: Map<string, Project>, entry: Entry): string {
  switch (entry.type) {
    case 'put':
      projects.set(entry.id, checkedProject(entry.project));
      break;
    case 'delete':
      projects.delete(entry.id);
      break;
    default:
      throw new Error(`an entry of type ${JSON.stringify((entry satisfies never as Entry).type)}`);
  }
  return entry.id;
}
