// Packages: those of Node beside this folder, those of Python in cargo's target directory.

import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const here = join(import.meta.dirname, '..');
const root = join(here, '..', '..');

/** Where cargo builds into. */
export function targetDirectory() {
  const words = ['metadata', '--format-version', '1', '--no-deps'];
  const options = { cwd: root, encoding: 'utf8', maxBuffer: 1 << 26 };
  return JSON.parse(execFileSync('cargo', words, options)).target_directory;
}

/** Installs Node's packages when they are missing or others than the lock file's. */
export async function install() {
  const lock = readFileSync(join(here, 'package-lock.json'), 'utf8');
  const mark = join(here, 'node_modules', '.installed-lock');
  if (existsSync(mark) && readFileSync(mark, 'utf8') === lock) return;
  const words = ['ci', '--no-audit', '--no-fund', '--loglevel=error', '--ignore-scripts'];
  execFileSync('npm', words, { cwd: here, stdio: 'inherit' });
  writeFileSync(mark, lock);
}

let python;

/** Why Python's packages cannot be used; nothing: they can. */
export function pythonReady(target) {
  python ??= installPython(target);
  return python.missing;
}

/** The folder of Python's packages. */
export const pythonPath = () => python?.path;

function installPython(target) {
  const wanted = readFileSync(join(here, 'requirements.txt'), 'utf8');
  const path = join(target, 'clients', 'python');
  const mark = join(path, 'requirements.txt');
  if (existsSync(mark) && readFileSync(mark, 'utf8') === wanted) return { path };
  const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--root-user-action=ignore'];
  try {
    execFileSync('python3', ['-m', 'pip', '--version'], { stdio: 'ignore' });
  } catch {
    return { missing: 'there is no Python 3 with pip' };
  }
  mkdirSync(path, { recursive: true });
  const words = [...pip, '--upgrade', '--target', path, '-r', join(here, 'requirements.txt')];
  execFileSync('python3', words, { stdio: 'inherit' });
  writeFileSync(mark, wanted);
  return { path };
}

/** The version of a package that is pinned: of Node, or of Python as in `python:mixpanel`. */
export function versionOf(name) {
  if (name.startsWith('python:')) {
    const line = readFileSync(join(here, 'requirements.txt'), 'utf8').split('\n');
    return line.find((line) => line.startsWith(`${name.slice(7)}==`))?.split('==')[1] ?? '?';
  }
  return JSON.parse(readFileSync(join(here, 'node_modules', name, 'package.json'), 'utf8')).version;
}
