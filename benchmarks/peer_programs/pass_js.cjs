// Passes by @walletpass/pass-js: `node pass_js.cjs PACKAGES FOLDER SECONDS`; see python_fork.py.
const { readFileSync, writeFileSync } = require("node:fs");
const { join } = require("node:path");
const [packages, folder, seconds] = process.argv.slice(2);
const { Template } = require(join(packages, "@walletpass/pass-js"));

const cpu = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
};

async function main() {
  const template = await Template.load(join(folder, "pass"));
  template.setCertificate(readFileSync(join(folder, "pass.pem"), "utf8"));
  template.setPrivateKey(readFileSync(join(folder, "pass.key"), "utf8"));
  const make = (serial) => {
    const barcodes = [{ format: "PKBarcodeFormatQR", message: serial, messageEncoding: "iso-8859-1" }];
    return template.createPass({ serialNumber: serial, barcodes }).asBuffer();
  };
  await make("warm-up");
  const start = cpu();
  let passes = 0;
  let data;
  for (; cpu() - start < Number(seconds); passes += 1) data = await make(`P-${passes}`);
  const spent = cpu() - start;
  writeFileSync(join(folder, "made.pkpass"), data);
  console.log(JSON.stringify({ passes, cpu: spent }));
}

main();
