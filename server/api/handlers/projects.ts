import type { projectRoutes, sessionRoutes } from '../../../protocol/http/index.ts';
import { Refusal } from '../../../protocol/index.ts';
import type { Backend } from '../../backend/backend.ts';
import type { Projects } from '../../directory/directory.ts';
import type { Project } from '../../directory/project.ts';
import type { Authorize, User } from '../../dispatch/principal.ts';
import type { Handlers } from '../row.ts';

export function createProjectHandlers({
  projects,
  authorize,
}: {
  projects: Projects;
  authorize: Authorize;
}): Handlers<typeof projectRoutes> {
  return {
    async projects({ principal }) {
      const open: ReturnType<typeof known>[] = [];
      for (const { id, ...project } of projects.list()) {
        if (await authorize(principal, 'publish', `project:${id}`)) open.push(known(id, project));
      }
      return { status: 200, json: { projects: open } };
    },
    async putProject({ params: { id }, body: { ownerId, members = [], active = true } }) {
      await projects.put(id, { ownerId, members, active });
      return { status: 200, json: known(id, projects.get(id) ?? { ownerId, members, active }) };
    },
    getProject({ params: { id } }) {
      const project = projects.get(id);
      if (project === undefined) throw new Refusal('PROJECT_NOT_FOUND');
      return { status: 200, json: known(id, project) };
    },
    async deleteProject({ params: { id } }) {
      await projects.delete(id);
      return { status: 204 };
    },
  };
}

function known(id: string, { ownerId, members, active }: Project) {
  return { id, ownerId, members: [...members], active };
}

export function createSessionHandlers({
  backend: { tracking },
  projects,
}: {
  backend: Backend;
  projects: Projects;
}): Handlers<typeof sessionRoutes> {
  /** A token that names a project vouches for it. */
  function check(projectId: string, { projects: granted = [] }: User): Project | undefined {
    const project = projects.get(projectId);
    if (project === undefined && !granted.includes(projectId)) throw new Refusal('PROJECT_NOT_FOUND');
    return project;
  }

  function checkActive(projectId: string, principal: User): void {
    if (check(projectId, principal)?.active === false) throw new Refusal('PROJECT_INACTIVE');
  }

  return {
    async startSession({ params: { projectId }, body, principal }) {
      checkActive(projectId, principal);
      const { session, isNew } = await tracking.start(projectId, body);
      return { status: isNew ? 201 : 200, json: session };
    },
    async ingest({ params: { projectId, sessionId }, body, principal }) {
      checkActive(projectId, principal);
      const { events, idempotencyKey } = Array.isArray(body)
        ? { events: body, idempotencyKey: undefined }
        : { idempotencyKey: undefined, ...body };
      return {
        status: 200,
        json: await tracking.ingest(projectId, sessionId, events, idempotencyKey),
      };
    },
    async submitSession({ params: { projectId, sessionId }, principal }) {
      checkActive(projectId, principal);
      return { status: 200, json: await tracking.submit(projectId, sessionId) };
    },
    async sessionEvents({ params: { projectId, sessionId }, query, principal }) {
      check(projectId, principal);
      return { status: 200, json: await tracking.events(projectId, sessionId, query) };
    },
  };
}
