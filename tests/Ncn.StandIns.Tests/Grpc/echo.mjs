// What the client and the server script share: the service as @grpc/grpc-js sees it.
import { fileURLToPath } from "node:url";
import grpc from "@grpc/grpc-js";
import loader from "@grpc/proto-loader";

const definition = loader.loadSync(fileURLToPath(new URL("./echo.proto", import.meta.url)), { keepCase: true, defaults: true });

export const echo = grpc.loadPackageDefinition(definition).ncn.test.Echo;
export { grpc };
