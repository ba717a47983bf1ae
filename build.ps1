# build.ps1 [native|demo|test]: what build.sh does, on Windows.
# The native library is Linux code (oneDNN from Debian, madvise, g++), so this runs build.sh inside WSL with the same
# words. WSL needs a Debian 12 or later, or an Ubuntu, with the .NET 10 SDK in it; out/nativetrain then runs inside WSL too.
$ErrorActionPreference = 'Stop'
if ($IsLinux) { & "$PSScriptRoot/build.sh" @args; exit $LASTEXITCODE }
if (-not (Get-Command wsl -ErrorAction SilentlyContinue)) {
    [Console]::Error.WriteLine("build.ps1: the native library needs Linux; install WSL (wsl --install -d Debian) and the .NET 10 SDK in it, then run this again")
    exit 2
}
Write-Host "The native library needs Linux: running build.sh inside WSL."
Push-Location $PSScriptRoot
try { wsl --exec bash ./build.sh @args } finally { Pop-Location }
exit $LASTEXITCODE
