// Passes by passkit-generator: `node passkit_generator.cjs PACKAGES FOLDER SECONDS`; see python_fork.py.
const { readdirSync, readFileSync, statSync, writeFileSync } = require("node:fs");
const { join } = require("node:path");
const [packages, folder, seconds] = process.argv.slice(2);
const { PKPass } = require(join(packages, "passkit-generator"));

const read = (name) => readFileSync(join(folder, name));
const files = {};
for (const name of readdirSync(join(folder, "pass"), { recursive: true })) {
  if (statSync(join(folder, "pass", name)).isFile()) files[name] = read(join("pass", name));
}
const certificates = { signerCert: read("pass.pem"), signerKey: read("pass.key"), wwdr: read("wwdr.pem") };

const cpu = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
};

function make(serial) {
  const pass = new PKPass({ ...files }, certificates, { serialNumber: serial });
  pass.setBarcodes({ format: "PKBarcodeFormatQR", message: serial, messageEncoding: "iso-8859-1" });
  return pass.getAsBuffer();
}

make("warm-up");
const start = cpu();
let passes = 0;
let data;
for (; cpu() - start < Number(seconds); passes += 1) data = make(`P-${passes}`);
const spent = cpu() - start;
writeFileSync(join(folder, "made.pkpass"), data);
console.log(JSON.stringify({ passes, cpu: spent }));
