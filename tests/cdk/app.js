// The application that cdk.out was synthesized from, by "npx cdk synth --no-path-metadata
// --no-asset-metadata --no-version-reporting" with aws-cdk-lib 2.276.0.
const cdk = require('aws-cdk-lib');
const {
  aws_lambda: lambda, aws_s3_assets: assets, aws_sqs: sqs,
} = cdk;

class Storage extends cdk.Stack {
  constructor(scope, id, props) {
    super(scope, id, props);
    this.words = new sqs.Queue(this, 'Words', { visibilityTimeout: cdk.Duration.seconds(0) });
    this.word = new cdk.CfnParameter(this, 'Word', { default: 'tea' });
    new cdk.CfnOutput(this, 'ChosenWord', { value: this.word.valueAsString });
  }
}

class Service extends cdk.Stack {
  constructor(scope, id, { words, ...props }) {
    super(scope, id, props);
    const greeting = new assets.Asset(this, 'Greeting', { path: 'greeting.txt' });
    const orders = new lambda.Function(this, 'Orders', {
      runtime: lambda.Runtime.PYTHON_3_13,
      handler: 'index.handler',
      code: lambda.Code.fromAsset('orders'),
      layers: [new lambda.LayerVersion(this, 'Answers', { code: lambda.Code.fromAsset('layer') })],
      environment: { QUEUE_URL: words.queueUrl, GREETING: greeting.s3ObjectUrl },
      timeout: cdk.Duration.seconds(10),
    });
    words.grantSendMessages(orders);
    new cdk.CfnOutput(this, 'FunctionName', { value: orders.functionName });
    new cdk.CfnOutput(this, 'GreetingUrl', { value: greeting.s3ObjectUrl });
    const audit = new cdk.NestedStack(this, 'Audit');
    new sqs.Queue(audit, 'Log');
  }
}

const app = new cdk.App();
const storage = new Storage(app, 'Storage', { tags: { team: 'orders' } });
new Service(app, 'Service', { stackName: 'shop-service', words: storage.words });
