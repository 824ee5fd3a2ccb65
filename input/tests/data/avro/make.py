# Makes the files of this folder: run it in the folder of the crate, with fastavro, python-snappy and zstandard.
import fastavro, datetime as d, decimal, uuid, io
schema = {"type":"record","name":"Row","namespace":"a.b","fields":[
 {"name":"id","type":"long"},
 {"name":"name","type":["null","string"]},
 {"name":"price","type":{"type":"bytes","logicalType":"decimal","precision":20,"scale":2}},
 {"name":"big","type":["null",{"type":"fixed","name":"Big","size":20,"logicalType":"decimal","precision":40,"scale":3}]},
 {"name":"day","type":{"type":"int","logicalType":"date"}},
 {"name":"at","type":{"type":"int","logicalType":"time-millis"}},
 {"name":"at_micros","type":{"type":"long","logicalType":"time-micros"}},
 {"name":"seen","type":{"type":"long","logicalType":"timestamp-millis"}},
 {"name":"seen_micros","type":["null",{"type":"long","logicalType":"timestamp-micros"}]},
 {"name":"ok","type":"boolean"},
 {"name":"ratio","type":"double"},
 {"name":"small","type":"float"},
 {"name":"kind","type":{"type":"enum","name":"Kind","symbols":["A","B"]}},
 {"name":"raw","type":"bytes"},
 {"name":"key","type":{"type":"string","logicalType":"uuid"}},
 {"name":"tags","type":{"type":"array","items":"string"}},
 {"name":"more","type":{"type":"map","values":["null","int","Kind"]}},
 {"name":"next","type":["null",{"type":"record","name":"Node","fields":[{"name":"v","type":"int"},{"name":"next","type":["null","Node"]}]}]},
]}
u=d.timezone.utc
rows=[
 dict(id=2**62,name="Zoë, \"x\"\n",price=decimal.Decimal("-12.50"),big=decimal.Decimal("-1234567890123456789012345678901234567.125"),day=d.date(1969,12,31),at=d.time(10,10,10,500000),at_micros=d.time(23,59,59,999999),seen=d.datetime(2021,1,1,10,10,10,tzinfo=u),seen_micros=d.datetime(1960,1,1,0,0,0,1,tzinfo=u),ok=True,ratio=0.1,small=0.1,kind="B",raw=b"\x00\xff",key=uuid.UUID("12345678-1234-5678-1234-567812345678"),tags=["a","b"],more={"k":None,"l":7,"m":"A"},next={"v":1,"next":{"v":2,"next":None}}),
 dict(id=-1,name=None,price=decimal.Decimal("0.05"),big=None,day=d.date(2000,2,29),at=d.time(0),at_micros=d.time(0,0,1),seen=d.datetime(1970,1,1,tzinfo=u),seen_micros=None,ok=False,ratio=float("nan"),small=3.0,kind="A",raw=b"",key=uuid.UUID(int=0),tags=[],more={},next=None),
]
for codec in ["null","deflate","snappy","zstandard"]:
    with open(f"tests/data/avro/{codec}.avro","wb") as f:
        fastavro.writer(f,schema,rows,codec=codec,sync_marker=b"0123456789abcdef")
with open("tests/data/avro/xz.avro","wb") as f:
    fastavro.writer(f,schema,rows[:0],codec="xz",sync_marker=b"0123456789abcdef")
s2={"type":"record","name":"R","fields":[{"name":"n","type":"int"},{"name":"t","type":"string"}]}
with open("tests/data/avro/blocks.avro","wb") as f:
    fastavro.writer(f,s2,({"n":i,"t":f"text {i%7}"} for i in range(3000)),codec="deflate",sync_interval=2000,sync_marker=b"0123456789abcdef")
