// The module with which an inline function answers CloudFormation's requests.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/cfn-lambda-function-code-cfnresponsemodule.html

const { request: plain } = require("http");
const { request: encrypted } = require("https");

exports.SUCCESS = "SUCCESS";
exports.FAILED = "FAILED";

// Send the result of a custom resource's request to its ResponseURL, and end the invocation.
exports.send = (event, context, responseStatus, responseData, physicalResourceId, noEcho) =>
  new Promise((resolve, reject) => {
    const logStream = context.logStreamName;
    const body = JSON.stringify({
      Status: responseStatus,
      Reason: `See the details in CloudWatch Log Stream: ${logStream}`,
      PhysicalResourceId: physicalResourceId || logStream,
      StackId: event.StackId,
      RequestId: event.RequestId,
      LogicalResourceId: event.LogicalResourceId,
      NoEcho: noEcho || false,
      Data: responseData,
    });
    console.log("Response body:\n", body);
    const url = new URL(event.ResponseURL);
    const open = url.protocol === "https:" ? encrypted : plain;
    const headers = { "content-type": "", "content-length": Buffer.byteLength(body) };
    const sending = open(url, { method: "PUT", headers }, (response) => {
      console.log(`Status code: ${response.statusCode}`);
      response.resume();
      resolve(context.done());
    });
    sending.on("error", (error) => {
      console.log(`send(..) failed executing the request: ${error}`);
      reject(context.done(error));
    });
    sending.end(body);
  });
